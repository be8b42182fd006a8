/*
 * gpio-line: one edge of one GPIO line per byte on standard input, through the GPIO character device
 * (kernel Documentation/userspace-api/gpio/chardev.rst, uAPI v2). It has no timer: without bytes
 * there are no edges, and an external edge-coupled relay drops. At the end of input it releases the
 * line, which most controllers leave at high impedance.
 *
 * usage: gpio-line CHIP OFFSET        e.g. gpio-line /dev/gpiochip0 17
 * Built with -DFAKE_CHIP the chip is a file to which each level is appended as '0' or '1'.
 * Prints one '.' per edge on standard output, so that the caller knows that it happened.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef FAKE_CHIP
static int request(int chip, unsigned offset) {
  (void)offset;
  return dup(chip);
}
static int set_level(int line, int level) { return write(line, level ? "1" : "0", 1) == 1 ? 0 : -1; }
#define CHIP_FLAGS (O_WRONLY | O_APPEND)
#else
#include <linux/gpio.h>
#include <sys/ioctl.h>

static int request(int chip, unsigned offset) {
  struct gpio_v2_line_request r;
  memset(&r, 0, sizeof r);
  r.offsets[0] = offset;
  r.num_lines = 1;
  r.config.flags = GPIO_V2_LINE_FLAG_OUTPUT;
  strncpy(r.consumer, "holdfast-line", sizeof r.consumer - 1);
  return ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &r) < 0 ? -1 : r.fd;
}
static int set_level(int line, int level) {
  struct gpio_v2_line_values v = {.bits = (uint64_t)(level != 0), .mask = 1};
  return ioctl(line, GPIO_V2_LINE_SET_VALUES_IOCTL, &v);
}
#define CHIP_FLAGS O_RDWR
#endif

static int fail(const char *what, const char *name) {
  fprintf(stderr, "gpio-line: %s %s: %s\n", what, name, strerror(errno));
  return 1;
}

int main(int argc, char **argv) {
  char *end = NULL;
  unsigned long offset = argc == 3 ? strtoul(argv[2], &end, 10) : 0;
  if (argc != 3 || end == argv[2] || *end != '\0' || offset > 1023) {
    fprintf(stderr, "usage: gpio-line CHIP OFFSET\n");
    return 2;
  }
  int chip = open(argv[1], CHIP_FLAGS | O_CLOEXEC);
  if (chip < 0) return fail("cannot open", argv[1]);
  int line = request(chip, (unsigned)offset);
  if (line < 0) return fail("cannot request the line of", argv[1]);
  close(chip);
  int level = 0;
  for (;;) {
    unsigned char byte;
    ssize_t n = read(0, &byte, 1);
    if (n == 0) return 0;
    if (n < 0) {
      if (errno == EINTR) continue;
      return fail("cannot read", "standard input");
    }
    level = !level;
    if (set_level(line, level) < 0) return fail("cannot set", argv[1]);
    if (write(1, ".", 1) != 1) return fail("cannot write", "standard output");
  }
}
