/*
 * An echo server that answers each message by itself and at once: one send() a message, however many came with one
 * read. Beside the neutral server, which answers a whole chunk with one write, it shows whether a client only keeps
 * pace with servers that gather. Plain POSIX; unfragmented messages, no extensions, no TLS.
 *
 *     echo-server own-core|shared-core
 *
 * Prints port and process as one line of JSON, and ends when its standard input ends. With a core of its own it does
 * not sleep while a connection is open: a wake-up would be measured as if it were the client's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1024, CHUNK = 65536 };

struct bytes {
  unsigned char *data;
  size_t start, end, room;
};

struct connection {
  int fd;
  int open; /* past its upgrade */
  struct bytes in, out;
};

static struct connection connections[MOST];
static struct pollfd polled[MOST + 2];
static int count;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* Makes room for `more` bytes behind what is held. */
static unsigned char *reserve(struct bytes *b, size_t more) {
  if (b->start == b->end) b->start = b->end = 0;
  if (b->end + more > b->room && b->start > 0) {
    memmove(b->data, b->data + b->start, b->end - b->start);
    b->end -= b->start;
    b->start = 0;
  }
  if (b->end + more > b->room) {
    b->room = (b->end + more) * 2;
    b->data = realloc(b->data, b->room);
    if (b->data == NULL) fail("realloc");
  }
  return b->data + b->end;
}

static uint32_t rotated(uint32_t x, int by) { return x << by | x >> (32 - by); }

/* SHA-1 (FIPS 180-4) of at most 119 bytes: a key and the GUID are 60. */
static void sha1(const char *text, unsigned char digest[20]) {
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  unsigned char block[128] = {0};
  size_t length = strlen(text), size = length < 56 ? 64 : 128;
  if (length > 119) exit(1);
  memcpy(block, text, length);
  block[length] = 0x80;
  block[size - 2] = (unsigned char)(length * 8 >> 8);
  block[size - 1] = (unsigned char)(length * 8);
  for (size_t at = 0; at < size; at += 64) {
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 16; i++) {
      const unsigned char *p = block + at + 4 * i;
      w[i] = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
    }
    for (int i = 16; i < 80; i++) w[i] = rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
      uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
      uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      uint32_t next = rotated(a, 5) + f + e + k + w[i];
      e = d, d = c, c = rotated(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
  }
  for (int i = 0; i < 20; i++) digest[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const unsigned char *from, size_t length, char *to) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < length; i += 3) {
    uint32_t three = (uint32_t)from[i] << 16 | (i + 1 < length ? from[i + 1] << 8 : 0) | (i + 2 < length ? from[i + 2] : 0);
    *to++ = letters[three >> 18];
    *to++ = letters[three >> 12 & 63];
    *to++ = i + 1 < length ? letters[three >> 6 & 63] : '=';
    *to++ = i + 2 < length ? letters[three & 63] : '=';
  }
  *to = 0;
}

static void closed(int i) {
  close(connections[i].fd);
  free(connections[i].in.data);
  free(connections[i].out.data);
  connections[i] = connections[--count];
  memset(&connections[count], 0, sizeof connections[count]);
}

/* What the system does not take now waits for poll(). */
static int answer(struct connection *c, const unsigned char *data, size_t size) {
  ssize_t taken = 0;
  if (c->out.start == c->out.end) {
    taken = send(c->fd, data, size, 0);
    if (taken < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return 0;
    if (taken < 0) taken = 0;
  }
  memcpy(reserve(&c->out, size - (size_t)taken), data + taken, size - (size_t)taken);
  c->out.end += size - (size_t)taken;
  return 1;
}

/* Takes the request's head, once it is whole. RFC 6455 section 4.2.2. */
static int upgrade(struct connection *c) {
  *reserve(&c->in, 1) = 0;
  char *head = (char *)c->in.data + c->in.start, *end = strstr(head, "\r\n\r\n"), key[120], accept[32], response[200];
  unsigned char digest[20];
  if (end == NULL) return 1;
  char *line = head;
  while (line < end && strncasecmp(line, "sec-websocket-key:", 18) != 0) line = strstr(line, "\r\n") + 2;
  if (line >= end || sscanf(line + 18, " %60[^\r\n ]", key) != 1) return 0;
  strcat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  sha1(key, digest);
  base64(digest, sizeof digest, accept);
  int size = snprintf(response, sizeof response,
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
  c->open = 1;
  c->in.start += (size_t)(end + 4 - head);
  return answer(c, (unsigned char *)response, (size_t)size);
}

/* Answers every whole frame that is held; 0 ends the connection. */
static int messages(struct connection *c) {
  for (;;) {
    unsigned char *p = c->in.data + c->in.start;
    size_t held = c->in.end - c->in.start, size, head = 2;
    if (held < 2) return 1;
    if ((p[0] & 0x70) != 0 || (p[0] & 0x80) == 0 || (p[1] & 0x80) == 0) return 0;
    size = p[1] & 0x7f;
    if (size == 126) head = 4;
    if (size == 127) head = 10;
    if (held < head) return 1;
    if (head > 2) size = 0;
    for (size_t i = 2; i < head; i++) size = size << 8 | p[i];
    if (size > (size_t)1 << 30) return 0;
    if (held < head + 4 + size) {
      reserve(&c->in, head + 4 + size - held);
      return 1;
    }
    if ((p[0] & 15) == 8) {
      static const unsigned char normal[] = {0x88, 2, 3, 232};
      answer(c, normal, sizeof normal);
      return 0;
    }
    unsigned char key[4], *payload = p + head + 4;
    memcpy(key, p + head, 4);
    for (size_t i = 0; i < size; i++) payload[i] ^= key[i & 3];
    /* The answer's header replaces the mask in front of the payload. */
    unsigned char *frame = payload - head;
    memmove(frame, p, head);
    frame[1] &= 0x7f;
    if (!answer(c, frame, head + size)) return 0;
    c->in.start += head + 4 + size;
  }
}

static int readable(struct connection *c) {
  ssize_t size = recv(c->fd, reserve(&c->in, CHUNK), CHUNK, 0);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 1;
  if (size <= 0) return 0;
  c->in.end += (size_t)size;
  if (!c->open && !upgrade(c)) return 0;
  return !c->open || messages(c);
}

static int writable(struct connection *c) {
  ssize_t size = send(c->fd, c->out.data + c->out.start, c->out.end - c->out.start, 0);
  if (size < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
  c->out.start += (size_t)size;
  return 1;
}

static void arrived(int listener) {
  int on = 1, fd = accept(listener, NULL, NULL);
  if (fd < 0) return;
  if (count == MOST) {
    close(fd);
    return;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connections[count++].fd = fd;
}

int main(int argc, char **argv) {
  int awake = argc > 1 && strcmp(argv[1], "own-core") == 0;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  signal(SIGPIPE, SIG_IGN);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0) fail("bind");
  if (listen(listener, 128) != 0 || getsockname(listener, (struct sockaddr *)&address, &length) != 0) fail("listen");
  printf("{\"port\":%d,\"securePort\":0,\"pid\":%d}\n", ntohs(address.sin_port), (int)getpid());
  fflush(stdout);
  for (;;) {
    polled[0] = (struct pollfd){.fd = 0, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (int i = 0; i < count; i++) {
      short wanted = connections[i].out.end > connections[i].out.start ? POLLIN | POLLOUT : POLLIN;
      polled[i + 2] = (struct pollfd){.fd = connections[i].fd, .events = wanted};
    }
    if (poll(polled, (nfds_t)count + 2, awake && count > 0 ? 0 : -1) < 0 && errno != EINTR) fail("poll");
    char ignored[64];
    if (polled[0].revents != 0 && read(0, ignored, sizeof ignored) <= 0) return 0;
    /* Backwards: the last connection takes the place of one that is closed. */
    for (int i = count - 1; i >= 0; i--) {
      struct connection *c = &connections[i];
      int happened = polled[i + 2].revents, alive = 1;
      if (happened & POLLOUT) alive = writable(c);
      if (alive && (happened & ~POLLOUT)) alive = readable(c);
      if (!alive) closed(i);
    }
    if (polled[1].revents != 0) arrived(listener);
  }
}
