/*
 * A GPIO chip that is a file, for tests (-DFAKE_CHIP). It takes the same requests as the kernel.
 *
 * Output: each level is appended to the file as '0' or '1'. Input: character number OFFSET of the
 * file is the level at the pin: '0', '1', 'z' (nothing connected: the bias decides, 0 without one),
 * 'b' (held by somebody else); no such character: no such line; anything else: the chip is gone.
 * The file is looked at each 2 ms; debouncing is checked for its form and not imitated.
 */
#define CHIP_FLAGS (O_RDWR | O_APPEND)
#define FAKE_LOOK_ms 2

static int fake_file = -1;
static unsigned fake_offset;
static uint64_t fake_flags;
static int fake_last;

static int fake_level(void) {
  char c = 0;
  ssize_t n = pread(fake_file, &c, 1, (off_t)fake_offset);
  if (n == 0) return fake_last; /* the test is just writing it anew */
  if (c == 'z') c = fake_flags & GPIO_V2_LINE_FLAG_BIAS_PULL_UP ? '1' : '0';
  if (n < 0 || (c != '0' && c != '1')) {
    errno = ENODEV;
    return -1;
  }
  fake_last = (c == '1') != ((fake_flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0);
  return fake_last;
}

/* Writes an event into the pipe at each change, until nobody reads it. */
static void fake_edges(int out) {
  struct pollfd on = {.fd = out, .events = 0};
  int before = fake_level();
  for (int fd = 0; fd < 3; fd += 1) close(fd);
  while (poll(&on, 1, FAKE_LOOK_ms) == 0) {
    int level = fake_level();
    if (level == before) continue;
    before = level;
    struct gpio_v2_line_event e;
    memset(&e, 0, sizeof e);
    e.id = level == 1 ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE;
    if (write(out, &e, sizeof e) != (ssize_t)sizeof e) break;
  }
  _exit(0);
}

static int fake_input(int chip, struct gpio_v2_line_request *r) {
  const uint64_t edges = GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
  const struct gpio_v2_line_config_attribute *a = &r->config.attrs[0];
  int debounced = r->config.num_attrs == 1 && a->mask == 1 &&
                  a->attr.id == GPIO_V2_LINE_ATTR_ID_DEBOUNCE && a->attr.debounce_period_us > 0;
  char c = 0;
  errno = EINVAL;
  if ((r->config.flags & edges) != edges || (r->config.num_attrs > 0 && !debounced)) return -1;
  if (pread(chip, &c, 1, (off_t)r->offsets[0]) != 1) return -1;
  errno = EBUSY;
  if (c == 'b') return -1;
  int ends[2];
  fake_file = fcntl(chip, F_DUPFD_CLOEXEC, 3);
  fake_offset = r->offsets[0];
  fake_flags = r->config.flags;
  if (fake_file < 0 || pipe(ends) < 0) return -1;
  pid_t watcher = fork();
  if (watcher < 0) return -1;
  if (watcher == 0) {
    close(ends[0]);
    fake_edges(ends[1]);
  }
  close(ends[1]);
  r->fd = ends[0];
  return 0;
}

static int chip_ioctl(int fd, unsigned long what, void *arg) {
  struct gpio_v2_line_request *r = arg;
  struct gpio_v2_line_values *v = arg;
  errno = EINVAL;
  if (what == GPIO_V2_GET_LINE_IOCTL) {
    if (r->num_lines != 1) return -1;
    if (r->config.flags & GPIO_V2_LINE_FLAG_INPUT) return fake_input(fd, r);
    r->fd = dup(fd);
    return r->fd < 0 ? -1 : 0;
  }
  if (v->mask != 1) return -1;
  if (what == GPIO_V2_LINE_SET_VALUES_IOCTL) return write(fd, v->bits ? "1" : "0", 1) == 1 ? 0 : -1;
  int level = what == GPIO_V2_LINE_GET_VALUES_IOCTL ? fake_level() : -1;
  v->bits = (uint64_t)(level == 1);
  return level < 0 ? -1 : 0;
}
