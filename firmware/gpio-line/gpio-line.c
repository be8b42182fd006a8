/*
 * gpio-line: one line of a GPIO chip, as output or as input, through the GPIO character device
 * (kernel Documentation/userspace-api/gpio/chardev.rst, uAPI v2, kernel 5.10 or newer).
 *
 * usage: gpio-line CHIP OFFSET                      e.g. gpio-line /dev/gpiochip0 17
 *        gpio-line --in CHIP OFFSET [--active-low] [--bias pull-up|pull-down|disabled]
 *                  [--debounce-ms 1..1000]
 *
 * Output: one edge per byte on standard input, and one '.' on standard output for each edge that
 * happened. It has no timer: without bytes there are no edges, and an external edge-coupled relay
 * drops. At the end of input it releases the line, which most controllers leave at high impedance.
 *
 * Input: the level as one byte, '0' or '1' and nothing else, at the start, after each edge, and
 * each 200 ms, so that silence means that nothing is known. When nobody takes the bytes they are
 * left out, never kept: what comes next is the level of that moment. Ends when standard output is
 * closed or standard input ends.
 *
 * Exit: 0 at the end of input or output, 1 with a sentence for a chip or line that cannot be used,
 * 2 with the usage. Built with -DFAKE_CHIP the chip is a file, see fake-chip.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifdef FAKE_CHIP
#include "fake-chip.h"
#else
#define chip_ioctl ioctl
#define CHIP_FLAGS O_RDWR
#endif

#define OFFSET_MAX 1023
#define DEBOUNCE_MAX_ms 1000
#define REPEAT_ms 200
#define EVENTS_AT_ONCE 16

struct wanted {
  const char *chip;
  unsigned offset;
  int input;
  uint64_t input_flags;
  unsigned debounce_ms;
};

static int usage(void) {
  fprintf(stderr, "usage: gpio-line CHIP OFFSET\n"
                  "       gpio-line --in CHIP OFFSET [--active-low]"
                  " [--bias pull-up|pull-down|disabled] [--debounce-ms 1..%d]\n",
          DEBOUNCE_MAX_ms);
  return 2;
}

static int fail(const char *what, const char *name) {
  fprintf(stderr, "gpio-line: %s %s: %s\n", what, name, strerror(errno));
  return 1;
}

/* Why the kernel refused the line, and what to do. */
static int refused(const struct wanted *w) {
  if (errno == EBUSY) {
    fprintf(stderr,
            "gpio-line: line %u of %s is held by somebody else: gpioinfo names the holder; free it "
            "there or use another line\n",
            w->offset, w->chip);
  } else if (errno == EINVAL) {
    fprintf(stderr,
            "gpio-line: %s refuses line %u: no such line (gpioinfo lists them), not able to do "
            "this, or a kernel older than 5.10\n",
            w->chip, w->offset);
  } else if (errno == ENOTTY) {
    fprintf(stderr, "gpio-line: %s is no GPIO chip: use /dev/gpiochipN\n", w->chip);
  } else {
    return fail("cannot request the line of", w->chip);
  }
  return 1;
}

static int number(const char *text, unsigned long max, unsigned *out) {
  char *end = NULL;
  if (text == NULL || text[0] < '0' || text[0] > '9') return -1;
  errno = 0;
  unsigned long value = strtoul(text, &end, 10);
  if (errno != 0 || *end != '\0' || value > max) return -1;
  *out = (unsigned)value;
  return 0;
}

static uint64_t bias_flag(const char *word) {
  if (word == NULL) return 0;
  if (strcmp(word, "pull-up") == 0) return GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
  if (strcmp(word, "pull-down") == 0) return GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
  if (strcmp(word, "disabled") == 0) return GPIO_V2_LINE_FLAG_BIAS_DISABLED;
  return 0;
}

static int parse(int argc, char **argv, struct wanted *w) {
  memset(w, 0, sizeof *w);
  w->input = argc > 1 && strcmp(argv[1], "--in") == 0;
  int at = w->input ? 2 : 1;
  if (argc < at + 2 || number(argv[at + 1], OFFSET_MAX, &w->offset) < 0) return -1;
  w->chip = argv[at];
  if (!w->input) return argc == 3 ? 0 : -1;
  for (at += 2; at < argc; at += 1) {
    if (strcmp(argv[at], "--active-low") == 0) {
      w->input_flags |= GPIO_V2_LINE_FLAG_ACTIVE_LOW;
      continue;
    }
    const char *value = argv[at + 1];
    uint64_t bias = strcmp(argv[at], "--bias") == 0 ? bias_flag(value) : 0;
    int debounce = strcmp(argv[at], "--debounce-ms") == 0 &&
                   number(value, DEBOUNCE_MAX_ms, &w->debounce_ms) == 0 && w->debounce_ms > 0;
    if (bias == 0 && !debounce) return -1;
    w->input_flags |= bias;
    at += 1;
  }
  return 0;
}

static int request(int chip, const struct wanted *w) {
  struct gpio_v2_line_request r;
  memset(&r, 0, sizeof r);
  r.offsets[0] = w->offset;
  r.num_lines = 1;
  strncpy(r.consumer, w->input ? "holdfast-input" : "holdfast-line", sizeof r.consumer - 1);
  r.config.flags = GPIO_V2_LINE_FLAG_OUTPUT;
  if (w->input) {
    r.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING |
                     GPIO_V2_LINE_FLAG_EDGE_FALLING | w->input_flags;
  }
  if (w->debounce_ms > 0) {
    r.config.num_attrs = 1;
    r.config.attrs[0].mask = 1;
    r.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
    r.config.attrs[0].attr.debounce_period_us = w->debounce_ms * 1000u;
  }
  return chip_ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &r) < 0 ? -1 : r.fd;
}

static int drive(int line, const char *chip) {
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
    struct gpio_v2_line_values v = {.bits = (uint64_t)(level != 0), .mask = 1};
    if (chip_ioctl(line, GPIO_V2_LINE_SET_VALUES_IOCTL, &v) < 0) return fail("cannot set", chip);
    if (write(1, ".", 1) != 1) return fail("cannot write", "standard output");
  }
}

static int get_level(int line) {
  struct gpio_v2_line_values v = {.bits = 0, .mask = 1};
  if (chip_ioctl(line, GPIO_V2_LINE_GET_VALUES_IOCTL, &v) < 0) return -1;
  return (int)(v.bits & 1);
}

/* One level; left out while nobody takes them. -1: nobody will any more. */
static int put(int level) {
  struct pollfd out = {.fd = 1, .events = POLLOUT};
  if (poll(&out, 1, 0) < 0) return errno == EINTR ? 0 : -1;
  if (out.revents & (POLLERR | POLLHUP | POLLNVAL)) return -1;
  if (!(out.revents & POLLOUT)) return 0;
  ssize_t n = write(1, level ? "1" : "0", 1);
  return n == 1 || (n < 0 && (errno == EINTR || errno == EAGAIN)) ? 0 : -1;
}

/* The level after each edge that the kernel has kept (it keeps 16 and drops the oldest). */
static int put_edges(int line) {
  struct gpio_v2_line_event events[EVENTS_AT_ONCE];
  ssize_t n = read(line, events, sizeof events);
  if (n < 0) return errno == EINTR || errno == EAGAIN ? 0 : 1;
  if (n == 0) {
    errno = ENODEV;
    return 1;
  }
  for (size_t i = 0; i < (size_t)n / sizeof events[0]; i += 1) {
    if (put(events[i].id == GPIO_V2_LINE_EVENT_RISING_EDGE) < 0) return -1;
  }
  return 0;
}

/* Whether standard input has ended; what it says does not matter. */
static int input_ended(short revents) {
  char sink[64];
  if (!(revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL))) return 0;
  ssize_t n = read(0, sink, sizeof sink);
  return n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
}

static int watch(int line, const char *chip) {
  signal(SIGPIPE, SIG_IGN);
  for (;;) {
    int level = get_level(line);
    if (level < 0) return fail("cannot read the line of", chip);
    if (put(level) < 0) return 0;
    struct pollfd on[3] = {
        {.fd = 0, .events = POLLIN}, {.fd = 1, .events = 0}, {.fd = line, .events = POLLIN}};
    int ready = poll(on, 3, REPEAT_ms);
    if (ready < 0 && errno != EINTR) return fail("cannot wait for the line of", chip);
    if (ready <= 0) continue;
    if (input_ended(on[0].revents)) return 0;
    if (on[1].revents & (POLLERR | POLLHUP | POLLNVAL)) return 0;
    if (on[2].revents & POLLIN) {
      int rc = put_edges(line);
      if (rc < 0) return 0;
      if (rc > 0) return fail("cannot read the line of", chip);
    } else if (on[2].revents) {
      errno = ENODEV;
      return fail("cannot read the line of", chip);
    }
  }
}

int main(int argc, char **argv) {
  struct wanted w;
  if (parse(argc, argv, &w) < 0) return usage();
  int chip = open(w.chip, CHIP_FLAGS | O_CLOEXEC);
  if (chip < 0) return fail("cannot open", w.chip);
  int line = request(chip, &w);
  if (line < 0) return refused(&w);
  close(chip);
  return w.input ? watch(line, w.chip) : drive(line, w.chip);
}
