/* A libmodbus client for the bench: PATH BAUD REGISTERS SECONDS -> one JSON line. */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double cpu_us(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
         (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int count = atoi(argv[3]);
  double seconds = atof(argv[4]);
  modbus_t *client = modbus_new_rtu(argv[1], atoi(argv[2]), 'N', 8, 2);
  uint16_t registers[125];
  long reads = 0, wrong = 0, failed = 0;
  if (client == NULL || modbus_set_slave(client, 1) || modbus_connect(client)) {
    fprintf(stderr, "libmodbus: %s\n", modbus_strerror(errno));
    return 1;
  }
  double started = now_s(), cpu = cpu_us();
  while (now_s() - started < seconds) {
    int address = (int)(reads % 1000);
    if (modbus_read_registers(client, address, count, registers) != count) {
      failed++;
      continue;
    }
    reads++;
    for (int i = 0; i < count; i++) {
      if (registers[i] != ((7 * (address + i) + 3) & 0xffff)) {
        wrong++;
        break;
      }
    }
  }
  printf("{\"reads\":%ld,\"failed\":%ld,\"wrong\":%ld,\"cpu_us\":%.0f,\"elapsed_s\":%.6f}\n", reads,
         failed, wrong, cpu_us() - cpu, now_s() - started);
  modbus_close(client);
  modbus_free(client);
  return 0;
}
