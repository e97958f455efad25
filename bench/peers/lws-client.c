/*
 * The benchmarks' client for libwebsockets: the jobs of bench/jobs, against the same server, with the same bursts,
 * laps and clocks.
 *
 *   lws-client JOB KIND PORT SIZE EACH CONNECTIONS WARM_MS MEASURE_MS SERVER_PID CA_FILE
 *
 * CA_FILE is "" for a plain connection. Prints one line of JSON, the sample as bench/task.ts describes it.
 */
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024L * 1024L)

enum job { SEND, TURNS, RECEIVE, ECHO, LATENCY, HANDSHAKES, MEMORY, CONNECTIONS };
static const char *const job_names[] = {"send",    "turns",      "receive", "echo",
                                        "latency", "handshakes", "memory",  "connections"};

/* One connection: how many messages it still has to send in answer to what it received. */
struct link {
  long owed;
  char *message;
  size_t message_size;
};

static enum job job;
static int port, secure, connections, binary;
static long size, each, server_pid;
static double warm_ms, measure_ms;
static const char *ca_file;
static char path[128];
static unsigned char *payload, *scratch;
static struct lws_context *context;
static int done;

static long burst, lap, laps_sent, laps_seen, base_laps, in_lap;
static int stopping, measuring;
static long received, base, opened, closed, wanted, started;
static double phase_end, sent_at, opens_per_second, rss_before;
static double *times;
static long times_size, times_used;

static double wall_start, cpu_start, server_start;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double cpu_ms(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e3 + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e3;
}

static double server_ms(void) {
  char name[64];
  double nanoseconds = 0;
  snprintf(name, sizeof name, "/proc/%ld/schedstat", server_pid);
  FILE *file = fopen(name, "r");
  if (file) {
    if (fscanf(file, "%lf", &nanoseconds) != 1) nanoseconds = 0;
    fclose(file);
  }
  return nanoseconds / 1e6;
}

static void meter_start(void) {
  server_start = server_ms();
  cpu_start = cpu_ms();
  wall_start = now_ms();
}

static void print_sample(double value, double elapsed, const char *more) {
  printf("{\"value\":%.6f,\"clientBusy\":%.4f,\"serverBusy\":%.4f%s}\n", value, (cpu_ms() - cpu_start) / elapsed,
         (server_ms() - server_start) / elapsed, more);
  fflush(stdout);
  done = 1;
}

static void meter_stop(long count, const char *more) {
  double elapsed = now_ms() - wall_start;
  print_sample(count * 1000.0 / elapsed, elapsed, more);
}

static double resident(void) {
  long pages = 0, all = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file) {
    if (fscanf(file, "%ld %ld", &all, &pages) != 2) pages = 0;
    fclose(file);
  }
  return (double)pages * sysconf(_SC_PAGESIZE);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void dial(void) {
  struct lws_client_connect_info info;
  memset(&info, 0, sizeof info);
  info.context = context;
  info.address = "127.0.0.1";
  info.port = port;
  info.path = path;
  info.host = "127.0.0.1";
  info.origin = NULL;
  info.ssl_connection = secure ? LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK : 0;
  info.local_protocol_name = "bench";
  started++;
  if (!lws_client_connect_via_info(&info)) {
    fprintf(stderr, "libwebsockets: connect failed\n");
    exit(1);
  }
}

/* lws masks in place, so every message is copied from the payload first, as a program would have to. */
static int write_one(struct lws *wsi) {
  memcpy(scratch + LWS_PRE, payload, (size_t)size);
  enum lws_write_protocol type = binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
  return lws_write(wsi, scratch + LWS_PRE, (size_t)size, type) < (int)size ? -1 : 0;
}

static void begin_phase(double milliseconds) {
  phase_end = now_ms() + milliseconds;
  stopping = 0;
}

static int writable_sending(struct lws *wsi) {
  long count = 0;
  if (stopping) return 0;
  while (count < burst && !lws_send_pipe_choked(wsi)) {
    if (write_one(wsi)) return -1;
    count++;
    if (++in_lap < lap) continue;
    in_lap = 0;
    laps_sent++;
    if (now_ms() >= phase_end) {
      stopping = 1;
      return 0;
    }
  }
  lws_callback_on_writable(wsi);
  return 0;
}

static void acknowledged(struct lws *wsi, const char *text, size_t length) {
  char number[24] = {0};
  memcpy(number, text, length < sizeof number ? length : sizeof number - 1);
  laps_seen = atol(number);
  if (!stopping || laps_seen < laps_sent) return;
  if (measuring) {
    meter_stop((laps_sent - base_laps) * lap, "");
    return;
  }
  measuring = 1;
  base_laps = laps_sent;
  meter_start();
  begin_phase(measure_ms);
  lws_callback_on_writable(wsi);
}

/* A whole message has arrived: the same clock-keeping as in bench/jobs. */
static void message_arrived(struct lws *wsi, struct link *link) {
  double now;
  received++;
  if (job == LATENCY) {
    now = now_ms();
    if (times_used == times_size) times = realloc(times, sizeof(double) * (size_t)(times_size = times_size * 2 + 1024));
    times[times_used++] = (now - sent_at) * 1000;
    if (now >= phase_end) {
      if (measuring) {
        char more[128];
        double elapsed = now - wall_start;
        qsort(times, (size_t)times_used, sizeof *times, ascending);
        snprintf(more, sizeof more, ",\"more\":{\"p99\":%.3f,\"round_trips\":%ld}",
                 times[(times_used - 1) * 99 / 100], times_used);
        print_sample(times[(times_used - 1) / 2], elapsed, more);
        return;
      }
      measuring = 1;
      times_used = 0;
      phase_end = now + measure_ms;
      meter_start();
    }
  }
  if (job == ECHO || job == LATENCY || job == CONNECTIONS) {
    link->owed++;
    lws_callback_on_writable(wsi);
  }
  if (job == LATENCY || (size < 4096 && (received & 63))) return;
  now = now_ms();
  if (now < phase_end || (job == CONNECTIONS && received - base < (measuring ? 1 : 2) * connections)) return;
  if (measuring) {
    char more[64] = "";
    if (job == CONNECTIONS) snprintf(more, sizeof more, ",\"more\":{\"opens\":%.3f}", opens_per_second);
    meter_stop(received - base, more);
    return;
  }
  measuring = 1;
  base = received;
  phase_end = now + measure_ms;
  meter_start();
}

static void all_open(struct lws *wsi) {
  if (job == MEMORY && wanted == 100) {
    rss_before = resident();
    wanted += connections;
    for (int i = 0; i < 32 && started < wanted; i++) dial();
  } else if (job == MEMORY) {
    meter_start();
    print_sample((resident() - rss_before) / connections, 1, "");
  } else if (job == CONNECTIONS) {
    opens_per_second = connections * 1000.0 / (now_ms() - wall_start);
    phase_end = now_ms() + warm_ms;
    lws_callback_on_writable_all_protocol(context, lws_get_protocol(wsi));
  }
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

static const struct lws_protocols protocols[] = {
    {"bench", callback, sizeof(struct link), 65536, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  struct link *link = user;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      fprintf(stderr, "libwebsockets: %s\n", in ? (const char *)in : "connect failed");
      exit(1);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      opened++;
      if (job == HANDSHAKES) {
        lws_callback_on_writable(wsi);
        return 0;
      }
      if (job == MEMORY || job == CONNECTIONS) {
        link->owed = 1;
        if (started < wanted) dial();
        if (opened == wanted) all_open(wsi);
        return 0;
      }
      link->owed = job == ECHO ? each : 1;
      sent_at = now_ms();
      begin_phase(warm_ms);
      lws_callback_on_writable(wsi);
      return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
      if (job != HANDSHAKES) return 0;
      closed++;
      if (now_ms() >= phase_end) {
        if (measuring) {
          meter_stop(closed - base, "");
          return 0;
        }
        measuring = 1;
        base = closed;
        meter_start();
        begin_phase(measure_ms);
      }
      dial();
      return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      if (done) return 0;
      if (job == HANDSHAKES) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
        return -1;
      }
      if (job == SEND || job == TURNS) return writable_sending(wsi);
      if ((job == MEMORY || job == CONNECTIONS) && opened < wanted) return 0;
      while (link->owed > 0 && !lws_send_pipe_choked(wsi)) {
        if (job == LATENCY) sent_at = now_ms();
        if (write_one(wsi)) return -1;
        link->owed--;
      }
      if (link->owed > 0) lws_callback_on_writable(wsi);
      return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE: {
      int whole = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
      if (done) return 0;
      if (job == SEND || job == TURNS) {
        acknowledged(wsi, in, length);
        return 0;
      }
      /* A message in pieces is put together, because that is what the other clients hand out. */
      if (!whole || link->message_size > 0) {
        if (!link->message) link->message = malloc((size_t)size + 65536);
        if (link->message_size + length > (size_t)size + 65536) return -1;
        memcpy(link->message + link->message_size, in, length);
        link->message_size += length;
      }
      if (whole) {
        link->message_size = 0;
        message_arrived(wsi, link);
      }
      return 0;
    }
    default:
      return 0;
  }
}

int main(int count, char **arguments) {
  struct lws_context_creation_info info;
  int known = 0;
  if (count != 11) {
    fprintf(stderr, "usage: lws-client JOB KIND PORT SIZE EACH CONNECTIONS WARM_MS MEASURE_MS SERVER_PID CA_FILE\n");
    return 2;
  }
  for (int i = 0; i < (int)(sizeof job_names / sizeof *job_names); i++) {
    if (strcmp(arguments[1], job_names[i]) == 0) {
      job = (enum job)i;
      known = 1;
    }
  }
  if (!known) {
    fprintf(stderr, "lws-client: no job %s\n", arguments[1]);
    return 2;
  }
  binary = strcmp(arguments[2], "binary") == 0;
  port = atoi(arguments[3]);
  size = atol(arguments[4]);
  each = atol(arguments[5]);
  connections = atoi(arguments[6]);
  warm_ms = atof(arguments[7]);
  measure_ms = atof(arguments[8]);
  server_pid = atol(arguments[9]);
  ca_file = arguments[10];
  secure = *ca_file != 0;

  payload = malloc((size_t)size + 4);
  scratch = malloc(LWS_PRE + (size_t)size + 16);
  for (long i = 0; i < size; i++) payload[i] = (unsigned char)(32 + (i * 7 + i / 95) % 95);
  if (strcmp(arguments[2], "chinese") == 0 || strcmp(arguments[2], "mixed") == 0) {
    const char *text = *arguments[2] == 'c' ? "天地玄黄宇宙洪荒" : "the quick brown fox éèü привет 天地玄黄 ";
    size_t length = strlen(text);
    for (long at = 0; at + (long)length <= size; at += (long)length) memcpy(payload + at, text, length);
  }

  long most = job == TURNS ? each : 256;
  burst = MIB / size < most ? MIB / size : most;
  if (burst < 1) burst = 1;
  long bursts = (4096 + burst - 1) / burst;
  if (4 * MIB / (burst * size) < bursts) bursts = 4 * MIB / (burst * size);
  if (bursts < 1) bursts = 1;
  lap = burst * bursts;
  long head = (size < 126 ? 2 : size < 65536 ? 4 : 10) + 4;
  if (job == SEND || job == TURNS) snprintf(path, sizeof path, "/sink?lap=%ld", lap * (head + size));
  else if (job == RECEIVE) snprintf(path, sizeof path, "/source?kind=%s&size=%ld", arguments[2], size);
  else if (job == HANDSHAKES || job == MEMORY) snprintf(path, sizeof path, "/idle");
  else snprintf(path, sizeof path, "/echo");

  memset(&info, 0, sizeof info);
  lws_set_log_level(0, NULL);
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = protocols;
  info.options = LWS_SERVER_OPTION_VALIDATE_UTF8 | (secure ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0);
  info.client_ssl_ca_filepath = secure ? ca_file : NULL;
  info.fd_limit_per_thread = (unsigned)connections + 256;
  info.pt_serv_buf_size = 65536;
  context = lws_create_context(&info);
  if (!context) {
    fprintf(stderr, "libwebsockets: no context\n");
    return 1;
  }
  wall_start = now_ms();
  wanted = job == MEMORY ? 100 : job == CONNECTIONS ? connections : job == HANDSHAKES ? 16 : 1;
  begin_phase(warm_ms);
  for (int i = 0; i < 32 && started < wanted; i++) dial();
  while (!done && lws_service(context, 0) >= 0);
  _exit(done ? 0 : 1);
}
