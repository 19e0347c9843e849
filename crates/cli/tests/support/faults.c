/* Lets a test make the machine fail. Preloaded into the site (LD_PRELOAD), it looks into the file that FAULTS names before
 * each of these calls. Lines of that file: "write 28": writing to files is refused with that error number; "sync 122": syncing
 * is; "clock -7200": the time of day is that many seconds off. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The number behind a word of the file; 0 when it is not there. */
static long said(const char *word) {
  char text[128];
  const char *path = getenv("FAULTS");
  int before = errno, fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  errno = before;
  if (n <= 0) return 0;
  text[n] = 0;
  const char *at = strstr(text, word);
  return at ? strtol(at + strlen(word), NULL, 10) : 0;
}

/* Whether the call on this file is refused; only files on a disk are. */
static int refused(int fd, const char *word) {
  struct stat s;
  if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) return 0;
  long error = said(word);
  if (error) errno = (int)error;
  return error != 0;
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *b, size_t n) {
  return refused(fd, "write") ? -1 : REAL(ssize_t, "write", int, const void *, size_t)(fd, b, n);
}
ssize_t writev(int fd, const struct iovec *v, int n) {
  return refused(fd, "write") ? -1 : REAL(ssize_t, "writev", int, const struct iovec *, int)(fd, v, n);
}
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) {
  return refused(fd, "write") ? -1 : REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)(fd, b, n, at);
}
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) {
  return refused(fd, "write") ? -1 : REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)(fd, b, n, at);
}
int fsync(int fd) { return refused(fd, "sync") ? -1 : REAL(int, "fsync", int)(fd); }
int fdatasync(int fd) { return refused(fd, "sync") ? -1 : REAL(int, "fdatasync", int)(fd); }

int clock_gettime(clockid_t id, struct timespec *t) {
  int done = REAL(int, "clock_gettime", clockid_t, struct timespec *)(id, t);
  if (done == 0 && id == CLOCK_REALTIME) t->tv_sec += said("clock");
  return done;
}
