/*
 * A disk that fails: preloaded into a writer, it numbers the calls that change a watched folder and
 * fails at the N-th one. Test equipment; no part of the product.
 *
 * DISK_ROOT  folder that is watched          DISK_MODE  count|kill|torn|full|eio|power
 * DISK_AT    N, from 1; 0 = never            DISK_LOG   one line per call, "write PATH"
 * DISK_SIDE  power: a folder on the same file system, outside DISK_ROOT
 *
 * kill: SIGKILL before call N. torn: half of the bytes of write N, then SIGKILL. full: call N writes
 * half and says so, from then on nothing can be created or written. eio: call N alone fails.
 * power: as kill, and everything that was not synced is gone: contents fall back to the last fsync
 * of the file, names to the last fsync of their folder.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "failingDisk.h"

/* ---- the N-th call ---- */

static void die(void) {
  if (mode == POWER) lose_unsynced();
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* Counts one call; 1 when it must fail now. Writes that must be halved are told by `halve`. */
static int fails(const char *what, const char *path, int grows, int *halve) {
  calls += 1;
  if (halve != NULL) *halve = 0;
  if (log_fd >= 0) {
    char line[PATH_MAX + 32];
    int n = snprintf(line, sizeof line, "%s %s\n", what, path + root_len);
    (void)!raw_write(log_fd, line, (size_t)n);
  }
  if (fail_at == 0 || calls < fail_at) return 0;
  if (mode == FULL && grows) {
    if (calls == fail_at && halve != NULL) {
      *halve = 1;
      return 0;
    }
    errno = ENOSPC;
    return 1;
  }
  if (calls != fail_at) return 0;
  if (mode == KILL || mode == POWER) die();
  if (mode == TORN && halve != NULL) *halve = 1;
  if (mode == EIO_ONCE) {
    errno = EIO;
    return 1;
  }
  return 0;
}

#define ENTER pthread_mutex_lock(&lock)
#define LEAVE(value) \
  do { \
    __typeof__(value) result_ = (value); \
    int errno_ = errno; \
    pthread_mutex_unlock(&lock); \
    errno = errno_; \
    return result_; \
  } while (0)

static ssize_t change(int fd, const char *path, const char *what, size_t n, int *go, size_t *len) {
  int halve = 0;
  *go = 0;
  *len = n;
  if (fails(what, path, 1, &halve)) return -1;
  keep_content(path);
  if (halve) *len = n > 1 ? n / 2 : (mode == TORN ? 0 : n);
  *go = 1;
  (void)fd;
  return halve;
}

#define WRITER(name, params, args_full, args_cut, size) \
  ssize_t name params { \
    REAL(name); \
    char path[PATH_MAX]; \
    if (mode == OFF || !path_of(fd, path) || !below(path)) return real args_full; \
    ENTER; \
    int go; \
    size_t len; \
    ssize_t halve = change(fd, path, "write", size, &go, &len); \
    if (!go) LEAVE((ssize_t)-1); \
    ssize_t done = halve ? args_cut : real args_full; \
    if (halve && mode == TORN) die(); \
    LEAVE(done); \
  }

static size_t bytes_of(const struct iovec *v, int n) {
  size_t sum = 0;
  for (int i = 0; i < n; i++) sum += v[i].iov_len;
  return sum;
}
/* The first bytes of a list, from where the file stands or from an offset (-1: where it stands). */
static ssize_t cut(int fd, const struct iovec *v, int n, size_t len, off_t at) {
  ssize_t done = 0;
  for (int i = 0; i < n && len > 0; i++) {
    size_t part = v[i].iov_len < len ? v[i].iov_len : len;
    if (at < 0) done += raw_write(fd, v[i].iov_base, part);
    else {
      off_t before = lseek(fd, 0, SEEK_CUR);
      lseek(fd, at + done, SEEK_SET);
      done += raw_write(fd, v[i].iov_base, part);
      lseek(fd, before, SEEK_SET);
    }
    len -= part;
  }
  return done;
}
#define ONE (&(struct iovec){(void *)bytes, n})

WRITER(write, (int fd, const void *bytes, size_t n), (fd, bytes, n), cut(fd, ONE, 1, len, -1), n)
WRITER(pwrite, (int fd, const void *bytes, size_t n, off_t at), (fd, bytes, n, at),
       cut(fd, ONE, 1, len, at), n)
WRITER(pwrite64, (int fd, const void *bytes, size_t n, off64_t at), (fd, bytes, n, at),
       cut(fd, ONE, 1, len, at), n)
WRITER(writev, (int fd, const struct iovec *v, int n), (fd, v, n), cut(fd, v, n, len, -1),
       bytes_of(v, n))
WRITER(pwritev, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at),
       cut(fd, v, n, len, at), bytes_of(v, n))
WRITER(pwritev64, (int fd, const struct iovec *v, int n, off64_t at), (fd, v, n, at),
       cut(fd, v, n, len, at), bytes_of(v, n))

#define SYNCER(name) \
  int name(int fd) { \
    REAL(name); \
    char path[PATH_MAX]; \
    if (mode == OFF || !path_of(fd, path) || !below(path)) return real(fd); \
    ENTER; \
    if (fails("sync", path, 0, NULL)) LEAVE(-1); \
    int done = real(fd); \
    if (done == 0) synced(path); \
    LEAVE(done); \
  }
SYNCER(fsync)
SYNCER(fdatasync)

#define TRUNCATER(name, type) \
  int name(int fd, type n) { \
    REAL(name); \
    char path[PATH_MAX]; \
    if (mode == OFF || !path_of(fd, path) || !below(path)) return real(fd, n); \
    ENTER; \
    if (fails("truncate", path, 0, NULL)) LEAVE(-1); \
    keep_content(path); \
    LEAVE(real(fd, n)); \
  }
TRUNCATER(ftruncate, off_t)
TRUNCATER(ftruncate64, off64_t)

static int open_counted(const char *path, int flags, mode_t bits) {
  struct stat st;
  int there = stat(path, &st) == 0;
  if (!there && !(flags & O_CREAT)) return raw_open(path, flags, bits);
  if (there && !(flags & O_TRUNC)) return raw_open(path, flags, bits);
  ENTER;
  if (fails(there ? "open-truncate" : "create", path, !there, NULL)) LEAVE(-1);
  if (there) keep_content(path);
  int fd = raw_open(path, flags, bits);
  if (fd >= 0 && !there && mode == POWER) note('c', path, NULL, -1);
  LEAVE(fd);
}
static mode_t bits_of(int flags, va_list *rest) {
  return (flags & (O_CREAT | O_TMPFILE)) ? (mode_t)va_arg(*rest, unsigned int) : 0;
}
#define OPENER(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); \
    char whole[PATH_MAX]; \
    va_list rest; \
    va_start(rest, flags); \
    mode_t bits = bits_of(flags, &rest); \
    va_end(rest); \
    const char *p = at_path(AT_FDCWD, path, whole); \
    return below(p) ? open_counted(p, flags, bits) : real(path, flags, bits); \
  }
OPENER(open)
OPENER(open64)
#define OPENER_AT(name) \
  int name(int dir, const char *path, int flags, ...) { \
    REAL(name); \
    char whole[PATH_MAX]; \
    va_list rest; \
    va_start(rest, flags); \
    mode_t bits = bits_of(flags, &rest); \
    va_end(rest); \
    const char *p = at_path(dir, path, whole); \
    return below(p) ? open_counted(p, flags, bits) : real(dir, path, flags, bits); \
  }
OPENER_AT(openat)
OPENER_AT(openat64)

static int rename_counted(const char *from, const char *to) {
  ENTER;
  if (fails("rename", to, 0, NULL)) LEAVE(-1);
  int saved = mode == POWER ? keep_name(to) : -1;
  int done = raw_rename(from, to);
  if (done == 0 && mode == POWER) note('r', from, to, saved);
  LEAVE(done);
}
int rename(const char *from, const char *to) {
  char a[PATH_MAX], b[PATH_MAX];
  const char *f = at_path(AT_FDCWD, from, a), *t = at_path(AT_FDCWD, to, b);
  return below(f) || below(t) ? rename_counted(f, t) : raw_rename(from, to);
}
int renameat(int d1, const char *from, int d2, const char *to) {
  REAL(renameat);
  char a[PATH_MAX], b[PATH_MAX];
  const char *f = at_path(d1, from, a), *t = at_path(d2, to, b);
  return below(f) || below(t) ? rename_counted(f, t) : real(d1, from, d2, to);
}

static int unlink_counted(const char *path) {
  struct stat st;
  if (lstat(path, &st) != 0) return raw_unlink(path);
  ENTER;
  if (fails("unlink", path, 0, NULL)) LEAVE(-1);
  int saved = mode == POWER ? keep_name(path) : -1;
  int done = raw_unlink(path);
  if (done == 0 && mode == POWER) note('u', path, NULL, saved);
  LEAVE(done);
}
static int rmdir_counted(const char *path) {
  struct stat st;
  if (lstat(path, &st) != 0) return raw_rmdir(path);
  ENTER;
  if (fails("rmdir", path, 0, NULL)) LEAVE(-1);
  int done = raw_rmdir(path);
  if (done == 0 && mode == POWER) note('d', path, NULL, -1);
  LEAVE(done);
}
int unlink(const char *path) {
  char a[PATH_MAX];
  const char *p = at_path(AT_FDCWD, path, a);
  return below(p) ? unlink_counted(p) : raw_unlink(path);
}
int rmdir(const char *path) {
  char a[PATH_MAX];
  const char *p = at_path(AT_FDCWD, path, a);
  return below(p) ? rmdir_counted(p) : raw_rmdir(path);
}
int unlinkat(int dir, const char *path, int flags) {
  REAL(unlinkat);
  char a[PATH_MAX];
  const char *p = at_path(dir, path, a);
  if (!below(p)) return real(dir, path, flags);
  return (flags & AT_REMOVEDIR) ? rmdir_counted(p) : unlink_counted(p);
}
int remove(const char *path) {
  struct stat st;
  return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) ? rmdir(path) : unlink(path);
}
int mkdir(const char *path, mode_t bits) {
  char a[PATH_MAX];
  struct stat st;
  const char *p = at_path(AT_FDCWD, path, a);
  if (!below(p) || stat(p, &st) == 0) return raw_mkdir(path, bits);
  ENTER;
  if (fails("mkdir", p, 1, NULL)) LEAVE(-1);
  int done = raw_mkdir(p, bits);
  if (done == 0 && mode == POWER) note('m', p, NULL, -1);
  LEAVE(done);
}
