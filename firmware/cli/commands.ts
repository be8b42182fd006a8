/**
 * The table of commands. Loading a command loads its modules; the table itself loads none: `require`
 * inside the arrow keeps `holdfast why` from paying for a simulator.
 */
export interface Command {
  readonly name: string;
  readonly use: string;
  readonly says: string;
  /** More options and forms, one a line, for `--help`. */
  readonly more?: readonly string[];
  /** Exit code: 0 good, 1 finding, 2 usage. */
  readonly run: (args: readonly string[]) => Promise<number> | number;
}

const COMMANDS: readonly Command[] = [
  {
    name: 'check',
    use: 'check SITE.yaml [--json] [--schema]',
    says: 'prove that a site file fits: static plan, bus budget, reaction times, lease order',
    run: (args) => (require('./check') as typeof import('./check')).check(args),
  },
  {
    name: 'sign',
    use: 'sign FILE --key KEY [--new-key] [--purpose service-grant] [--json]',
    says: 'write FILE.sig, a detached Ed25519 signature by one signer',
    more: [
      '--purpose site-file (default), service-grant or deny-list; --new-key makes KEY, KEY.pub',
    ],
    run: (args) => (require('./sign') as typeof import('./sign')).sign(args),
  },
  {
    name: 'demo',
    use: 'demo [--for 30s] [--fault NAME@AT_S[+FOR_S]] [--seed N] [--socket PATH] [--json]',
    says: 'a whole simulated site on real protocols, live in this terminal',
    more: [
      '--virtual       the same site in simulated time',
      '--site FILE     another site file; --trust KEY.pub: who may open a service session',
    ],
    run: (args) => (require('./demo') as typeof import('./demo')).demo(args),
  },
  {
    name: 'run',
    use: 'run --site SITE.yaml --trust KEY.pub [--state FOLDER] [--board NAME | --line SPEC]',
    says: 'run the gateway on its real ports; refuses an unsigned site file',
    more: [
      '--single        all in one process, for small boards',
      '--line SPEC     watchdog:/dev/watchdogN[,FEEDBACK] | gpio:PROGRAM:/dev/gpiochipN:OFFSET | emulated:FILE',
      '--state FOLDER  keys, passwords, history, sockets; default holdfast-state',
    ],
    run: (args) => (require('./run') as typeof import('./run')).run(args),
  },
  {
    name: 'why',
    use: 'why STATION|plan [--socket PATH] [--json]',
    says: 'why a station is at its limit, or what is planned, from the running gateway',
    more: ['--socket PATH   console of the gateway; default holdfast-state/console.sock'],
    run: (args) => (require('./live') as typeof import('./live')).why(args),
  },
  {
    name: 'history',
    use: 'history [SERIES...] [--hours N] [--html FILE | --csv] [--state FOLDER] [--json]',
    says: 'what the gateway recorded: plots in the terminal, a page that opens offline, or CSV',
    run: (args) => (require('./history') as typeof import('./history')).history(args),
  },
  {
    name: 'mode',
    use: 'mode force-static|leave-static|acknowledge-stop|release [--who NAME] [--json]',
    says: 'what one person may ask of the running gateway; forcing static needs nothing else',
    more: ['--socket PATH   console of the gateway; default holdfast-state/console.sock'],
    run: (args) => (require('./mode') as typeof import('./mode')).mode(args),
  },
  {
    name: 'service',
    use: 'service draft|open|close|state [--who NAME] [--reason TEXT] [--for 2h] [--grant FILE]',
    says: 'a technician’s session of at most 8 h, opened by a signed document',
    more: [
      'draft --site ID --who NAME --reason TEXT [--for 2h] [--role field-tech] --out FILE',
      'open --grant FILE [--who NAME] [--reason TEXT] [--for 2h] [--socket PATH]',
      'close|state [--socket PATH]',
    ],
    run: (args) => (require('./service') as typeof import('./service')).service(args),
  },
  {
    name: 'drill',
    use: 'drill silence STATION | line LINE | meter | uplink | list [--socket PATH] [--json]',
    says: 'prove on the running site that a protection works; signed result, kept',
    more: [
      'list            what must be drilled and when; exit 1 while something is due',
      '--socket PATH   console of the gateway; default holdfast-state/console.sock',
    ],
    run: (args) => (require('./drill') as typeof import('./drill')).drill(args),
  },
  {
    name: 'station',
    use: 'station list|abilities|self-test [STATION] [--reset] [--socket PATH] [--json]',
    says: 'what a station can do; prove it, guided, at or below its safe static limit',
    more: ['--socket PATH   default holdfast-state/console-stations.sock'],
    run: (args) => (require('./station') as typeof import('./station')).station(args),
  },
  {
    name: 'bus',
    use: 'bus scan|read|sniff|doctor [--bus ID | --port PATH --baud N --parity P] [--json]',
    says: 'look at a field bus, through the gateway where one runs; nothing is ever written',
    more: [
      'scan   [--units 1-247]        --baud and --parity may be lists: 9600,19200',
      'read   UNIT holding|input ADDRESS COUNT [--type float32] [--order lo-hi]',
      'read   UNIT --profile ID',
      'sniff  [--for SECONDS]        --json: one object for each frame, as it is heard',
      'doctor UNIT',
      '--socket PATH: console of the gateway; default holdfast-state/console.sock',
    ],
    run: (args) => (require('./bus') as typeof import('./bus')).bus(args),
  },
  {
    name: 'process',
    use: 'process site|stations|supervisor|uplink|recorder|planner CONFIG',
    says: 'one process of the gateway; started by `run` or by systemd',
    run: (args) => (require('./process') as typeof import('./process')).runProcess(args),
  },
];

/** Pure. */
export const commandNamed = (name: string): Command | undefined =>
  COMMANDS.find((c) => c.name === name);

/** The help text: narrow, for a laptop in a cabinet. Pure. */
export function usage(): string {
  const width = Math.max(...COMMANDS.map((c) => c.name.length));
  const lines = COMMANDS.map((c) => `  ${c.name.padEnd(width)}  ${c.says}`);
  const end = [
    'the words of one: holdfast COMMAND --help; which one this is: holdfast --version',
    'exit: 0 good, 1 finding, 2 usage; --json: one object on stdout, also for a refusal',
  ];
  return ['usage: holdfast COMMAND', '', ...lines, '', ...end].join('\n');
}

/** The help text of one command. Pure. */
export function useOf(command: Command): string {
  const more = (command.more ?? []).map((line) => `  ${line}\n`).join('');
  return `usage: holdfast ${command.use}\n\n${command.says}\n${more}`;
}
