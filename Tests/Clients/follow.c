// Writes with hiredis, the C client, to the master that SENTINEL names, until SIGTERM; see follow.py for what is
// printed. hiredis has no notion of masters: what follows here is the procedure that Redis describes for clients, and
// knows nothing of Kvorum.
//
//     follow NAME HOST PORT HOST PORT
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { limit = 1 << 22 };

static volatile sig_atomic_t stopping;
static unsigned char acknowledged[limit];

static void stop(int signal) {
  (void)signal;
  stopping = 1;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static redisContext *reach(const char *host, int port) {
  struct timeval patience = {.tv_sec = 3};
  redisContext *context = redisConnectWithTimeout(host, port, patience);
  if (context && !context->err && redisSetTimeout(context, patience) == REDIS_OK) return context;
  if (context) redisFree(context);
  return NULL;
}

// Asks each node for the master, and the master whether it is one.
static redisContext *master(const char *name, char **places, int count) {
  for (int place = 0; place + 1 < count; place += 2) {
    redisContext *node = reach(places[place], atoi(places[place + 1]));
    if (!node) continue;
    redisReply *address = redisCommand(node, "SENTINEL get-master-addr-by-name %s", name);
    redisContext *found = NULL;
    if (address && address->type == REDIS_REPLY_ARRAY && address->elements == 2)
      found = reach(address->element[0]->str, atoi(address->element[1]->str));
    if (address) freeReplyObject(address);
    redisFree(node);
    if (!found) continue;
    redisReply *role = redisCommand(found, "ROLE");
    int leads = role && role->type == REDIS_REPLY_ARRAY && strcmp(role->element[0]->str, "master") == 0;
    if (role) freeReplyObject(role);
    if (leads) return found;
    redisFree(found);
  }
  return NULL;
}

int main(int count, char **words) {
  if (count < 4) return 2;
  signal(SIGTERM, stop);
  signal(SIGPIPE, SIG_IGN);
  redisContext *context = NULL;
  double last = 0, longest = 0, told = 0;
  long total = 0, errors = 0, key = 0;
  while (!stopping && key + 1 < limit) {
    if (!context && !(context = master(words[1], words + 2, count - 2))) {
      usleep(10000);
      continue;
    }
    key++;
    redisReply *reply = redisCommand(context, "SET follow-c-%d-%ld %ld", getpid(), key, key);
    if (reply && reply->type == REDIS_REPLY_STATUS) {
      double time = now();
      if (last > 0 && time - last > longest) longest = time - last;
      last = time;
      acknowledged[key] = 1;
      total++;
      if (time - told > 0.05) {
        told = time;
        printf("%ld\n", total);
        fflush(stdout);
      }
    } else {
      errors++;
      redisFree(context);
      context = NULL;
    }
    if (reply) freeReplyObject(reply);
  }
  if (!context) context = master(words[1], words + 2, count - 2);
  if (!context) return 1;
  printf("{\"acknowledged\": %ld, \"lost\": [", total);
  for (long each = 1, lost = 0; each <= key; each++) {
    if (!acknowledged[each]) continue;
    redisReply *reply = redisCommand(context, "GET follow-c-%d-%ld", getpid(), each);
    if (!reply || reply->type != REDIS_REPLY_STRING || atol(reply->str) != each)
      printf(lost++ ? ", \"%ld\"" : "\"%ld\"", each);
    if (reply) freeReplyObject(reply);
  }
  printf("], \"longest_gap_ms\": %.0f, \"errors\": {\"any\": %ld}}\n", longest * 1000, errors);
  redisFree(context);
  return 0;
}
