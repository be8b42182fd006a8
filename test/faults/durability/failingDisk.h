/* What failingDisk.c rests on: its settings, the calls as they are, and the power cut. */

enum { MAX_IMAGES = 512, MAX_NAMES = 4096 };
enum mode { OFF, COUNT, KILL, TORN, FULL, EIO_ONCE, POWER };

static enum mode mode = OFF;
static char root[PATH_MAX];
static size_t root_len;
static char side[PATH_MAX - 64];
static long fail_at;
static long calls;
static int log_fd = -1;
static int next_side;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int raw_open(const char *path, int flags, mode_t bits) {
  static int (*real)(const char *, int, ...);
  if (real == NULL) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
  return real(path, flags, bits);
}
static ssize_t raw_write(int fd, const void *bytes, size_t n) {
  REAL(write);
  return real(fd, bytes, n);
}
static int raw_unlink(const char *path) {
  REAL(unlink);
  return real(path);
}
static int raw_rename(const char *from, const char *to) {
  REAL(rename);
  return real(from, to);
}
static int raw_mkdir(const char *path, mode_t bits) {
  REAL(mkdir);
  return real(path, bits);
}
static int raw_rmdir(const char *path) {
  REAL(rmdir);
  return real(path);
}

__attribute__((constructor)) static void begin(void) {
  const char *m = getenv("DISK_MODE"), *r = getenv("DISK_ROOT");
  if (m == NULL || r == NULL) return;
  const char *names[] = {"off", "count", "kill", "torn", "full", "eio", "power"};
  for (int i = 0; i < 7; i++)
    if (strcmp(m, names[i]) == 0) mode = (enum mode)i;
  snprintf(root, sizeof root, "%s", r);
  root_len = strlen(root);
  const char *s = getenv("DISK_SIDE"), *at = getenv("DISK_AT"), *l = getenv("DISK_LOG");
  snprintf(side, sizeof side, "%s", s == NULL ? "" : s);
  fail_at = at == NULL ? 0 : atol(at);
  if (l != NULL)
    log_fd = raw_open(l, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static int below(const char *path) {
  return mode != OFF && strncmp(path, root, root_len) == 0 &&
         (path[root_len] == '/' || path[root_len] == 0);
}

/* The path of a descriptor, or of a name relative to one. */
static int path_of(int fd, char *out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, out, PATH_MAX - 1);
  if (n < 0) return 0;
  out[n] = 0;
  return 1;
}
static const char *at_path(int dir, const char *path, char *out) {
  if (path[0] == '/') return path;
  if (dir == AT_FDCWD) {
    if (getcwd(out, PATH_MAX / 2) == NULL) return path;
  } else if (!path_of(dir, out)) return path;
  size_t n = strlen(out);
  snprintf(out + n, PATH_MAX - n, "/%s", path);
  return out;
}

/* ---- power: what was not synced, and how it was before ---- */

struct image { dev_t dev; ino_t ino; int number; int live; };
struct name { char what; char path[PATH_MAX / 4], other[PATH_MAX / 4]; int saved; int live; };
static struct image images[MAX_IMAGES];
static int image_count;
static struct name *names;
static int name_count;

static void side_path(char *out, const char *kind, int number) {
  snprintf(out, PATH_MAX, "%s/%s-%d-%d", side, kind, (int)getpid(), number);
}

static void copy(int from, int to) {
  char buffer[65536];
  lseek(from, 0, SEEK_SET);
  for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;)
    if (raw_write(to, buffer, (size_t)n) != n) break;
}

/* Before the first unsynced change of a file's content. */
static void keep_content(const char *path) {
  struct stat st;
  if (mode != POWER || stat(path, &st) != 0 || !S_ISREG(st.st_mode)) return;
  for (int i = 0; i < image_count; i++)
    if (images[i].live && images[i].ino == st.st_ino && images[i].dev == st.st_dev) return;
  if (image_count == MAX_IMAGES) return;
  struct image *im = &images[image_count++];
  *im = (struct image){st.st_dev, st.st_ino, next_side++, 1};
  char inode[PATH_MAX], bytes[PATH_MAX];
  side_path(inode, "inode", im->number);
  side_path(bytes, "bytes", im->number);
  if (link(path, inode) != 0) im->live = 0;
  int from = raw_open(path, O_RDONLY | O_CLOEXEC, 0);
  int to = raw_open(bytes, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  copy(from, to);
  close(from);
  close(to);
}

static void note(char what, const char *path, const char *other, int saved) {
  if (names == NULL) names = calloc(MAX_NAMES, sizeof *names);
  if (names == NULL || name_count == MAX_NAMES) return;
  struct name *n = &names[name_count++];
  n->what = what;
  n->saved = saved;
  n->live = 1;
  snprintf(n->path, sizeof n->path, "%s", path);
  snprintf(n->other, sizeof n->other, "%s", other == NULL ? "" : other);
}

/* A second name for what is about to lose its own; -1: there is nothing. */
static int keep_name(const char *path) {
  char saved[PATH_MAX];
  int number = next_side++;
  side_path(saved, "name", number);
  return link(path, saved) == 0 ? number : -1;
}

static int parent_is(const char *path, const char *folder) {
  const char *slash = strrchr(path, '/');
  size_t n = slash == NULL ? 0 : (size_t)(slash - path);
  return strlen(folder) == n && strncmp(path, folder, n) == 0;
}

static void synced(const char *path) {
  struct stat st;
  if (mode != POWER || stat(path, &st) != 0) return;
  for (int i = 0; i < image_count; i++)
    if (images[i].ino == st.st_ino && images[i].dev == st.st_dev) images[i].live = 0;
  if (!S_ISDIR(st.st_mode)) return;
  for (int i = 0; i < name_count; i++)
    if (parent_is(names[i].path, path)) names[i].live = 0;
}

static void lose_unsynced(void) {
  char a[PATH_MAX], b[PATH_MAX];
  for (int i = name_count - 1; i >= 0; i--) {
    struct name *n = &names[i];
    if (!n->live) continue;
    side_path(a, "name", n->saved);
    if (n->what == 'c') raw_unlink(n->path);
    if (n->what == 'u' && n->saved >= 0) raw_rename(a, n->path);
    if (n->what == 'm') raw_rmdir(n->path);
    if (n->what == 'd') raw_mkdir(n->path, 0700);
    if (n->what == 'r') {
      raw_rename(n->other, n->path);
      if (n->saved >= 0) raw_rename(a, n->other);
    }
  }
  for (int i = 0; i < image_count; i++) {
    if (!images[i].live) continue;
    side_path(a, "inode", images[i].number);
    side_path(b, "bytes", images[i].number);
    int to = raw_open(a, O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    int from = raw_open(b, O_RDONLY | O_CLOEXEC, 0);
    copy(from, to);
  }
}
