"""A pymodbus client for the bench: PATH BAUD REGISTERS SECONDS -> one JSON line."""

import json
import resource
import sys
import time

from pymodbus.client import ModbusSerialClient


def cpu_us():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return (use.ru_utime + use.ru_stime) * 1e6


def main():
    path, baud, count, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    client = ModbusSerialClient(path, baudrate=baud, parity="N", stopbits=2, bytesize=8, timeout=1)
    if not client.connect():
        sys.exit("pymodbus: cannot open " + path)
    reads = failed = wrong = 0
    started, cpu = time.monotonic(), cpu_us()
    while time.monotonic() - started < seconds:
        address = reads % 1000
        reply = client.read_holding_registers(address, count, slave=1)
        if reply.isError():
            failed += 1
            continue
        reads += 1
        if reply.registers != [(7 * (address + i) + 3) & 0xFFFF for i in range(count)]:
            wrong += 1
    print(
        json.dumps(
            {
                "reads": reads,
                "failed": failed,
                "wrong": wrong,
                "cpu_us": round(cpu_us() - cpu),
                "elapsed_s": time.monotonic() - started,
            }
        )
    )


main()
