/*
 * wire — an RS-485 line as a process of its own, so that a client under test is not measured by
 * itself. One pseudo terminal for the client; at the other end a built-in Modbus server (FC3) or a
 * second pseudo terminal. Every byte takes 11 bits at the baud rate and is delivered at its own
 * end time; the start of a client frame is the moment this process, at real-time priority where it
 * is allowed, finds it in the terminal.
 *
 * Judged on these computed times: silence t3.5 before each client frame, collisions, utilisation.
 * A frame that comes too early is counted and still answered, as many devices do; with --strict it
 * is not.
 *
 *   wire --baud 19200 [--turnaround MS] [--usb MS] [--strict] [--pair]
 *
 * Prints one JSON line with the paths, and at the end of stdin (or SIGTERM) one with the figures.
 * Register n holds (7 n + 3) modulo 65536.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE_BYTES = 4096, FRAME_BYTES = 256, BITS_PER_CHARACTER = 11 };

typedef struct {
  unsigned char byte[QUEUE_BYTES];
  double end_s[QUEUE_BYTES]; /* when the byte is complete on the wire */
  int head, count;
} Queue;

typedef struct {
  long frames, replies, early, collisions, bytes;
  double gap_min_s, gap_sum_s, late_max_s, busy_s;
  long gaps;
} Figures;

static volatile sig_atomic_t stopping = 0;
static double char_s, silence_s, turnaround_s = 0, grid_s = 0;
static int strict = 0;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void on_signal(int number) {
  (void)number;
  stopping = 1;
}

static unsigned short crc16(const unsigned char *bytes, int length) {
  unsigned short crc = 0xffff;
  for (int i = 0; i < length; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

static int open_terminal(char *path, size_t size, int *keep) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  struct termios settings;
  if (master < 0 || grantpt(master) || unlockpt(master) || ptsname_r(master, path, size)) {
    perror("wire: pseudo terminal");
    exit(2);
  }
  *keep = open(path, O_RDWR | O_NOCTTY); /* held open: the path outlives its clients */
  if (*keep < 0 || tcgetattr(*keep, &settings)) {
    perror("wire: pseudo terminal");
    exit(2);
  }
  cfmakeraw(&settings);
  tcsetattr(*keep, TCSANOW, &settings);
  return master;
}

static void enqueue(Queue *queue, unsigned char byte, double end_s) {
  if (queue->count == QUEUE_BYTES) return; /* a babbling client loses bytes, as on a real line */
  int at = (queue->head + queue->count++) % QUEUE_BYTES;
  queue->byte[at] = byte;
  queue->end_s[at] = end_s;
}

static double due_s(const Queue *queue) {
  double end_s = queue->end_s[queue->head];
  return grid_s > 0 ? ceil(end_s / grid_s) * grid_s : end_s;
}

/* Hands over every byte that is complete, and notes how late this happened. */
static void deliver(Queue *queue, int fd, double now, Figures *figures) {
  unsigned char out[QUEUE_BYTES];
  int length = 0;
  while (queue->count > 0 && due_s(queue) <= now) {
    double late = now - due_s(queue);
    if (late > figures->late_max_s) figures->late_max_s = late;
    out[length++] = queue->byte[queue->head];
    queue->head = (queue->head + 1) % QUEUE_BYTES;
    queue->count--;
  }
  if (length > 0 && write(fd, out, (size_t)length) < 0 && errno != EAGAIN) perror("wire: write");
}

/* The built-in server: FC3 of unit 1..247, else exception 1. Returns the reply's length. */
static int respond(const unsigned char *request, int length, unsigned char *reply) {
  if (length < 4 || length > FRAME_BYTES) return 0;
  unsigned short crc = crc16(request, length - 2);
  if (request[length - 2] != (crc & 0xff) || request[length - 1] != crc >> 8) return 0;
  int size;
  int count = length == 8 ? request[4] << 8 | request[5] : 0;
  reply[0] = request[0];
  if (request[1] == 3 && count >= 1 && count <= 125) {
    int address = request[2] << 8 | request[3];
    reply[1] = 3;
    reply[2] = (unsigned char)(2 * count);
    for (int i = 0; i < count; i++) {
      int value = (7 * (address + i) + 3) & 0xffff;
      reply[3 + 2 * i] = (unsigned char)(value >> 8);
      reply[4 + 2 * i] = (unsigned char)value;
    }
    size = 3 + 2 * count;
  } else {
    reply[1] = request[1] | 0x80;
    reply[2] = request[1] == 3 ? 3 : 1;
    size = 3;
  }
  crc = crc16(reply, size);
  reply[size] = (unsigned char)(crc & 0xff);
  reply[size + 1] = (unsigned char)(crc >> 8);
  return size + 2;
}

static void sleep_until(double until, struct pollfd *fds, nfds_t count) {
  double wait = until - now_s();
  if (wait < 0) wait = 0;
  struct timespec timeout = {(time_t)wait, (long)(fmod(wait, 1.0) * 1e9)};
  ppoll(fds, count, &timeout, NULL);
}

static void report(const Figures *figures, double elapsed_s, int realtime) {
  printf("{\"frames\":%ld,\"replies\":%ld,\"t35_violations\":%ld,\"collisions\":%ld,"
         "\"gap_min_us\":%.0f,\"gap_avg_us\":%.0f,\"delivery_late_max_us\":%.0f,"
         "\"utilisation\":%.5f,\"realtime\":%s}\n",
         figures->frames, figures->replies, figures->early, figures->collisions,
         figures->gaps ? figures->gap_min_s * 1e6 : 0.0,
         figures->gaps ? figures->gap_sum_s / (double)figures->gaps * 1e6 : 0.0,
         figures->late_max_s * 1e6, elapsed_s > 0 ? figures->busy_s / elapsed_s : 0.0,
         realtime ? "true" : "false");
  fflush(stdout);
}

int main(int argc, char **argv) {
  double baud = 19200;
  int pair = 0;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--strict")) strict = 1;
    else if (!strcmp(argv[i], "--pair")) pair = 1;
    else if (i + 1 < argc && !strcmp(argv[i], "--baud")) baud = atof(argv[++i]);
    else if (i + 1 < argc && !strcmp(argv[i], "--turnaround")) turnaround_s = atof(argv[++i]) * 1e-3;
    else if (i + 1 < argc && !strcmp(argv[i], "--usb")) grid_s = atof(argv[++i]) * 1e-3;
    else {
      fprintf(stderr, "wire: unknown option %s\n", argv[i]);
      return 2;
    }
  }
  if (!(baud >= 300 && baud <= 1e6)) {
    fprintf(stderr, "wire: baud must be 300..1000000\n");
    return 2;
  }
  char_s = BITS_PER_CHARACTER / baud;
  silence_s = baud > 19200 ? 1.75e-3 : 3.5 * char_s; /* MODBUS over Serial Line V1.02, 2.5.1.1 */
  if (turnaround_s < silence_s) turnaround_s = silence_s;

  char client_path[64], server_path[64] = "";
  int keep_client, keep_server;
  int client = open_terminal(client_path, sizeof client_path, &keep_client);
  int server = pair ? open_terminal(server_path, sizeof server_path, &keep_server) : -1;
  struct sched_param priority = {.sched_priority = 50};
  int realtime = sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
  mlockall(MCL_CURRENT | MCL_FUTURE);
  prctl(PR_SET_TIMERSLACK, 1UL);
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  printf("{\"client\":\"%s\",\"server\":\"%s\",\"realtime\":%s}\n", client_path, server_path,
         realtime ? "true" : "false");
  fflush(stdout);

  Queue to_client = {.count = 0}, to_server = {.count = 0};
  Figures figures = {.gap_min_s = 1e9};
  unsigned char frame[FRAME_BYTES], in[FRAME_BYTES];
  int frame_length = 0, frame_early = 0;
  double client_end_s = -1, server_end_s = -1; /* end of the last byte of each talker */
  double started_s = now_s();

  while (!stopping) {
    double now = now_s();
    double wake = now + 0.1;
    if (to_client.count > 0 && due_s(&to_client) < wake) wake = due_s(&to_client);
    if (to_server.count > 0 && to_server.end_s[to_server.head] < wake)
      wake = to_server.end_s[to_server.head];
    if (frame_length > 0 && client_end_s + silence_s < wake) wake = client_end_s + silence_s;
    struct pollfd fds[3] = {{.fd = 0, .events = POLLIN},
                            {.fd = client, .events = POLLIN},
                            {.fd = server, .events = POLLIN}};
    sleep_until(wake, fds, pair ? 3 : 2);
    now = now_s();

    if (fds[0].revents) {
      char ignored[64];
      if (read(0, ignored, sizeof ignored) <= 0) stopping = 1;
    }
    ssize_t length = read(client, in, sizeof in);
    if (length > 0) {
      double line_end_s = server_end_s > client_end_s ? server_end_s : client_end_s;
      double start = now;
      if (frame_length > 0 && client_end_s > now) start = client_end_s; /* the frame goes on */
      if (start < server_end_s) figures.collisions++;
      if (frame_length == 0) {
        figures.frames++;
        frame_early = 0;
        if (line_end_s > 0) {
          double gap = start - line_end_s;
          figures.gaps++;
          figures.gap_sum_s += gap;
          if (gap < figures.gap_min_s) figures.gap_min_s = gap;
          if (gap < silence_s) {
            figures.early++;
            frame_early = 1;
          }
        }
      }
      for (ssize_t i = 0; i < length; i++) {
        client_end_s = start + (double)(i + 1) * char_s;
        if (pair) enqueue(&to_server, in[i], client_end_s);
        if (frame_length < FRAME_BYTES) frame[frame_length++] = in[i];
      }
      figures.busy_s += (double)length * char_s;
    }
    if (pair && (length = read(server, in, sizeof in)) > 0) {
      double start = server_end_s > now ? server_end_s : now;
      if (start < client_end_s) figures.collisions++;
      for (ssize_t i = 0; i < length; i++) {
        server_end_s = start + (double)(i + 1) * char_s;
        enqueue(&to_client, in[i], server_end_s);
      }
      figures.busy_s += (double)length * char_s;
      figures.replies++;
    }
    if (frame_length > 0 && now >= client_end_s + silence_s) {
      unsigned char reply[FRAME_BYTES + 8];
      int size = pair || (strict && frame_early) ? 0 : respond(frame, frame_length, reply);
      if (size > 0) {
        double start = client_end_s + turnaround_s;
        for (int i = 0; i < size; i++) {
          server_end_s = start + (double)(i + 1) * char_s;
          enqueue(&to_client, reply[i], server_end_s);
        }
        figures.busy_s += (double)size * char_s;
        figures.replies++;
      }
      frame_length = 0;
    }
    deliver(&to_client, client, now_s(), &figures);
    if (pair) deliver(&to_server, server, now_s(), &figures);
  }
  report(&figures, now_s() - started_s, realtime);
  close(keep_client);
  if (pair) close(keep_server);
  return 0;
}
