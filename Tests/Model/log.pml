/* Elections, replication, commit and membership: rules 2, 3, 4, 8 and 10 of the protocol.
 *
 * Two masters and N slaves; the master of epoch e is e & 1. An entry is known by its index and its epoch; with it
 * stands what it does to the configuration. A reign is what one epoch's master does, from candidacy to lead.
 *
 * The network needs no messages. The log of a reign only grows, and an append is a piece of it: whatever was ever
 * sent in an epoch can be cut from that log at any time, so a step of `link` is the arrival of an append that was sent
 * long ago, or a moment ago, for the first time or again, in any order; a lost one is a step that is not taken. The
 * same holds for prepares. Acks and promises are facts that once sent stay true. A crash is a process that takes no
 * more steps; a restart is one that goes on from what is durable. What is durable only later (a master's own log)
 * has a step of its own.
 *
 * Parameters: N slaves; E epochs; LEN entries a log. OLD and NEW, sets of slaves as bits, with -DCHANGE; NEW2 is what
 * a leader that does not know of NEW may want instead. Each BREAK_... takes one rule away.
 */
#ifndef N
#define N 3
#endif
#ifndef E
#define E 3
#endif
#ifndef LEN
#define LEN 2
#endif
#ifndef OLD
#define OLD ((1 << N) - 1)
#endif
#ifndef NEW
#define NEW OLD
#endif
#ifndef NEW2
#define NEW2 NEW
#endif

#define COUNT(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1))

#ifdef BREAK_WRITE_QUORUM
#define WRITE(n) (((n) + 1) / 2 - 1)
#else
#define WRITE(n) (((n) + 1) / 2)
#endif
#ifdef BREAK_ELECTION_QUORUM
#define ELECTION(n) ((n) / 2)
#else
#define ELECTION(n) ((n) / 2 + 1)
#endif

/* What an entry does to the configuration: nothing, C_old,new, C_new, and the same for the other change. */
#define PLAIN 0
#define JOINT 1
#define FINAL 2
#define JOINT2 3
#define FINAL2 4
#define ENTRY(epoch, kind) ((epoch) * 8 + (kind))
#define EPOCH(entry) ((entry) / 8)
#define KIND(entry) ((entry) % 8)

#define IN(set, who, quorum) (COUNT((who) & (set)) >= quorum(COUNT(set)))
/* Whether a set of slaves is a quorum of the configuration that `kind` puts in force. */
#define HOLDS(kind, who, quorum) \
  (((kind) == PLAIN && IN(OLD, who, quorum)) || \
   ((kind) == JOINT && IN(OLD, who, quorum) && IN(NEW, who, quorum)) || \
   ((kind) == FINAL && IN(NEW, who, quorum)) || \
   ((kind) == JOINT2 && IN(OLD, who, quorum) && IN(NEW2, who, quorum)) || \
   ((kind) == FINAL2 && IN(NEW2, who, quorum)))

typedef Log {
  byte size;
  byte at[LEN + 1]; /* from 1 */
}

/* The last entry of a log as one number: the higher is the more complete (epoch first, then index). */
#ifdef BREAK_LONGEST_LOG
#define POSITION(log) (log.size * 8 + EPOCH(log.at[log.size]))
#else
#define POSITION(log) (EPOCH(log.at[log.size]) * 8 + log.size)
#endif

/* Durable on a slave. */
byte promised[N];
Log slaveLog[N];
byte slaveCommit[N];

/* Durable on a master. */
byte highest[2];       /* the highest epoch it used itself */
byte masterPromise[2];
Log masterLog[2];

/* A reign. */
byte led;              /* in which epochs somebody led, as bits */
byte stage[E + 1];     /* 0 not begun, 1 candidate, 2 leader */
Log reignLog[E + 1];
byte votes[E + 1];     /* who has promised, as bits */
byte lastOf[(E + 1) * N]; /* POSITION of a voter's log when it promised */
byte acked[(E + 1) * N];
byte committed[E + 1];
byte quorumKind[E + 1]; /* of the candidate's log before it pulled */

/* What was acknowledged, by index, and the lowest epoch whose leader called it committed. */
byte known[LEN + 1];
byte knownBy[LEN + 1];

bool wiped;
bool cutHappened;

hidden byte i, j, n, who, kind;

/* The configuration in force: that of the last entry that names one, committed or not. */
inline configurationOf(log, result) {
  result = PLAIN;
  i = 1;
  do
  :: i <= log.size -> if :: KIND(log.at[i]) != PLAIN -> result = KIND(log.at[i]) :: else fi; i++
  :: else -> break
  od;
  skip
}

inline copy(to, from) {
  to.size = from.size;
  i = 1;
  do :: i <= LEN -> to.at[i] = from.at[i]; i++ :: else -> break od;
  skip
}

/* Cuts a log after an index. */
inline clear(log, index) {
  log.size = (log.size < index -> log.size : index);
  i = index + 1;
  do :: i <= LEN -> log.at[i] = 0; i++ :: else -> break od;
  skip
}

inline add(log, entry) {
  log.size++;
  log.at[log.size] = entry
}

/* The leader of e has every entry that a leader of a lower epoch acknowledged. */
inline checkLeader(e) {
  i = 1;
  do
  :: i <= LEN ->
    assert(known[i] == 0 || knownBy[i] >= e || (reignLog[e].size >= i && reignLog[e].at[i] == known[i]));
    i++
  :: else -> break
  od;
  skip
}

/* Entries up to `index` are committed by the leader of e. */
inline acknowledge(e, index) {
  committed[e] = index;
  i = 1;
  do
  :: i <= index ->
    assert(known[i] == 0 || known[i] == reignLog[e].at[i]);
    known[i] = reignLog[e].at[i];
    if :: knownBy[i] == 0 || knownBy[i] > e -> knownBy[i] = e :: else fi;
    j = e + 1;
    do
    :: j <= E -> assert(stage[j] != 2 || (reignLog[j].size >= i && reignLog[j].at[i] == known[i])); j++
    :: else -> break
    od;
    i++
  :: else -> break
  od;
  skip
}

/* Puts the entry after `previous` of the reign of e into a log that agrees up to there. */
inline adopt(log, e, previous) {
  if
  :: log.size > previous && log.at[previous + 1] == reignLog[e].at[previous + 1] ->
#ifdef BREAK_CUT_WITHOUT_CONFLICT
    clear(log, previous + 1)
#else
    skip
#endif
  :: else ->
#ifdef REACH
    if :: log.size > previous -> cutHappened = true :: else fi;
#endif
    clear(log, previous);
    add(log, reignLog[e].at[previous + 1])
  fi
}

/* A master that goes on to a higher epoch, its own or another's, gives up the reign of `before`: nothing but its log,
 * of which appends may still be on their way, matters any more. */
inline giveUp(before) {
  if
  :: before > 0 && stage[before] != 0 ->
    votes[before] = 0;
    quorumKind[before] = 0;
#ifndef SLAVE_COMMIT
    committed[before] = 0;
#endif
    n = 0;
    do :: n < N -> lastOf[before * N + n] = 0; acked[before * N + n] = 0; n++ :: else -> break od;
    if
    :: stage[before] == 1 -> stage[before] = 3; clear(reignLog[before], 0)
    :: else
    fi
  :: else
  fi
}

/* The master of e is at work in it. */
#define ACTS(e) (highest[e & 1] == e && masterPromise[e & 1] == e)
#define AGREES(log, e, previous) \
  (previous == 0 || (log.size >= previous && log.at[previous] == reignLog[e].at[previous]))

/* Masters: one process a reign. */
active [E] proctype reign() {
#define e (_pid + 1)
#define m (e & 1)
  do
  /* A candidacy takes an epoch above every one that this master used or promised, kept on disk before it asks. */
  :: d_step {
      stage[e] == 0 && highest[m] < e && masterPromise[m] < e ->
      giveUp(highest[m]);
      highest[m] = e;
      masterPromise[m] = e;
      stage[e] = 1;
      copy(reignLog[e], masterLog[m]);
#ifdef BREAK_OLD_CONFIGURATION
      configurationOf(reignLog[e], quorumKind[e])
#else
      skip
#endif
    }
#ifdef BREAK_ROUND_FORGOTTEN
  /* A restart that has forgotten the round takes it once more. */
  :: d_step { stage[e] == 2 && ACTS(e) -> copy(reignLog[e], masterLog[m]); stage[e] = 1 }
#endif
  /* With the promises of an election quorum, none of a more complete log, it leads: a first entry of its own. */
  :: d_step {
      stage[e] == 1 && ACTS(e) && reignLog[e].size < LEN && votes[e] != 0 ->
      who = 0;
      n = 0;
      do
      :: n < N ->
        if
#ifdef BREAK_BEST_LOG
        :: (votes[e] >> n) & 1 -> who = who | (1 << n)
#else
        :: ((votes[e] >> n) & 1) && lastOf[e * N + n] <= POSITION(reignLog[e]) -> who = who | (1 << n)
#endif
        :: else
        fi;
        n++
      :: else -> break
      od;
      configurationOf(reignLog[e], kind);
#ifdef BREAK_OLD_CONFIGURATION
      kind = quorumKind[e];
#endif
      if
      :: HOLDS(kind, who, ELECTION) ->
        /* Nobody led in this epoch before. */
        assert(!((led >> e) & 1));
        led = led | (1 << e);
        stage[e] = 2;
        votes[e] = 0;
        n = 0;
        do :: n < N -> lastOf[e * N + n] = 0; n++ :: else -> break od;
        add(reignLog[e], ENTRY(e, PLAIN));
        checkLeader(e)
      :: else
      fi
    }
#ifndef CHANGE
  /* Writes, once it serves. With changes there are none: every reign has entries enough. */
  :: d_step {
#ifdef BREAK_LONGEST_LOG
      /* One that serves too early shows the need of the rule in a shorter log. */
      stage[e] == 2 && ACTS(e) && reignLog[e].size < LEN ->
#else
      stage[e] == 2 && ACTS(e) && reignLog[e].size < LEN && committed[e] > 0 ->
#endif
      add(reignLog[e], ENTRY(e, PLAIN))
    }
#else
  /* A change begins when no other is under way, and ends when its first step is committed. */
  :: d_step {
      stage[e] == 2 && ACTS(e) && reignLog[e].size < LEN && committed[e] > 0 ->
      configurationOf(reignLog[e], kind);
#ifdef BREAK_ONE_STEP
      if :: kind == PLAIN -> add(reignLog[e], ENTRY(e, FINAL)) :: else fi
#else
      if
      :: kind == PLAIN -> add(reignLog[e], ENTRY(e, JOINT))
#ifdef BREAK_FINAL_BEFORE_JOINT_COMMITTED
      :: kind == JOINT -> add(reignLog[e], ENTRY(e, FINAL))
#else
      :: kind == JOINT ->
        /* `n` becomes the index of the joint entry. */
        i = 1;
        do :: i <= LEN -> if :: KIND(reignLog[e].at[i]) == JOINT -> n = i :: else fi; i++ :: else -> break od;
        if :: n <= committed[e] -> add(reignLog[e], ENTRY(e, FINAL)) :: else fi
#endif
      :: else
      fi
#endif
    }
#ifdef TWO_CHANGES
  :: d_step {
      stage[e] == 2 && ACTS(e) && reignLog[e].size < LEN && committed[e] > 0 ->
      configurationOf(reignLog[e], kind);
#ifdef BREAK_ONE_STEP
      if :: kind == PLAIN -> add(reignLog[e], ENTRY(e, FINAL2)) :: else fi
#else
      if
      :: kind == PLAIN -> add(reignLog[e], ENTRY(e, JOINT2))
      :: kind == JOINT2 ->
        i = 1;
        do :: i <= LEN -> if :: KIND(reignLog[e].at[i]) == JOINT2 -> n = i :: else fi; i++ :: else -> break od;
        if :: n <= committed[e] -> add(reignLog[e], ENTRY(e, FINAL2)) :: else fi
      :: else
      fi
#endif
    }
#endif
#endif
  /* Commit: a write quorum of the configuration in force holds it, and it is of the leader's own epoch. */
  :: d_step {
      stage[e] == 2 && ACTS(e) && committed[e] < reignLog[e].size ->
      configurationOf(reignLog[e], kind);
      /* `j` becomes the highest index on a write quorum. */
      i = committed[e] + 1;
      j = 0;
      do
      :: i <= reignLog[e].size ->
        who = 0;
        n = 0;
        do
        :: n < N -> if :: acked[e * N + n] >= i -> who = who | (1 << n) :: else fi; n++
        :: else -> break
        od;
        if
#ifdef BREAK_OLD_EPOCH_COMMIT
        :: HOLDS(kind, who, WRITE) -> j = i
#else
        :: HOLDS(kind, who, WRITE) && EPOCH(reignLog[e].at[i]) == e -> j = i
#endif
        :: else
        fi;
        i++
      :: else -> break
      od;
      if :: j > 0 -> n = j; acknowledge(e, n) :: else fi
    }
  /* The fsync of its own log. */
  :: d_step { stage[e] > 0 && ACTS(e) -> copy(masterLog[m], reignLog[e]) }
  od
#undef e
#undef m
}

/* What passes between a slave and the master of an epoch. */
active [N * E] proctype link() {
#define s ((_pid - E) % N)
#define e ((_pid - E) / N + 1)
  do
  /* A prepare arrives, for the first time or again. Only the promise is answered while it is the highest. */
  :: d_step {
      stage[e] > 0 &&
      (promised[s] < e || (promised[s] == e && stage[e] == 1 && ACTS(e) && !((votes[e] >> s) & 1))) ->
      promised[s] = e;
      if
      :: stage[e] == 1 && ACTS(e) ->
        votes[e] = votes[e] | (1 << s);
        lastOf[e * N + s] = POSITION(slaveLog[s])
      :: else
      fi
    }
  /* A pull, from the most complete log of an election quorum; answered only while the promise is the candidate's. */
  :: d_step {
      stage[e] == 1 && ACTS(e) && ((votes[e] >> s) & 1) &&
      promised[s] == e && lastOf[e * N + s] > POSITION(reignLog[e]) ->
      who = 0;
      n = 0;
      do
      :: n < N ->
        if
        :: ((votes[e] >> n) & 1) && lastOf[e * N + n] <= lastOf[e * N + s] -> who = who | (1 << n)
        :: else
        fi;
        n++
      :: else -> break
      od;
      configurationOf(reignLog[e], kind);
      if :: HOLDS(kind, who, ELECTION) -> copy(reignLog[e], slaveLog[s]) :: else fi
    }
#define APPEND(previous) \
  :: d_step { \
      stage[e] == 2 && reignLog[e].size > previous && promised[s] <= e && AGREES(slaveLog[s], e, previous) -> \
      PROMISE; \
      CHECK_CUT(previous); \
      adopt(slaveLog[s], e, previous); \
      ACK(previous); \
      LEARN(previous) \
    }
#ifdef BREAK_APPEND_PROMISE
#define PROMISE skip
#else
#define PROMISE promised[s] = e
#endif
#ifdef BREAK_ACK_OWN_LAST
#define ACK(previous) if :: ACTS(e) -> acked[e * N + s] = slaveLog[s].size :: else fi
  /* An empty append. By the rule it tells nothing new, so that only here it needs a step of its own. */
  :: d_step { stage[e] == 2 && promised[s] <= e -> PROMISE; ACK(0) }
#else
#define ACK(previous) \
  if \
  :: ACTS(e) && acked[e * N + s] <= previous -> acked[e * N + s] = previous + 1 \
  :: else \
  fi
#endif
#ifdef SLAVE_COMMIT
/* What a slave knows to be committed is never cut: there it halts (rule 3). */
#define CHECK_CUT(previous) \
  assert(slaveCommit[s] <= previous || slaveLog[s].at[previous + 1] == reignLog[e].at[previous + 1])
#define LEARN(previous) \
  n = (committed[e] < previous + 1 -> committed[e] : previous + 1); \
  if :: slaveCommit[s] < n -> slaveCommit[s] = n :: else fi
#else
#define CHECK_CUT(previous) skip
#define LEARN(previous) skip
#endif
  APPEND(0)
#if LEN > 1
  APPEND(1)
#endif
#if LEN > 2
  APPEND(2)
#endif
#if LEN > 3
  APPEND(3)
#endif
#if LEN > 4
  APPEND(4)
#endif
#ifdef BREAK_PROMISE_FORGOTTEN
  :: d_step { promised[s] > 0 && !wiped -> wiped = true; promised[s] = 0 }
#endif
#ifdef BREAK_SAME_IDENTITY
  /* The disk is lost, and the node comes back empty under its old id. */
  :: d_step {
      slaveLog[s].size > 0 && !wiped ->
      wiped = true;
      promised[s] = 0;
      clear(slaveLog[s], 0)
    }
#endif
  od
#undef s
#undef e
}

/* A standby takes the other master's entries. It counts in no quorum, but its log can be a candidate's. */
active [E] proctype standby() {
#define e (_pid - E - N * E + 1)
#define m (1 - (e & 1))
#define FOLLOW(previous) \
  :: d_step { \
      stage[e] == 2 && reignLog[e].size > previous && masterPromise[m] <= e && \
      AGREES(masterLog[m], e, previous) -> \
      if :: masterPromise[m] < e -> giveUp(highest[m]) :: else fi; \
      masterPromise[m] = e; \
      adopt(masterLog[m], e, previous) \
    }
  do
  FOLLOW(0)
#if LEN > 1
  FOLLOW(1)
#endif
#if LEN > 2
  FOLLOW(2)
#endif
#if LEN > 3
  FOLLOW(3)
#endif
#if LEN > 4
  FOLLOW(4)
#endif
  od
#undef e
#undef m
}

/* States that must be reachable, or the model would prove nothing: each is asserted never to come. */
#ifdef REACH
active proctype reach() {
#if REACH == 1
  /* Entries of two reigns are committed. */
  known[1] != 0 && known[2] != 0 && knownBy[1] != knownBy[2] && EPOCH(known[1]) != EPOCH(known[2])
#elif REACH == 2
  /* Something was cut, and the last epoch's leader has committed. */
  cutHappened && committed[E] > 0
#elif REACH == 3
  /* The last epoch leads with entries of two earlier ones. */
  stage[E] == 2 && EPOCH(reignLog[E].at[1]) != EPOCH(reignLog[E].at[2]) && reignLog[E].at[LEN] != 0
#elif REACH == 4
  /* A change that one leader began was finished by another, and is committed. */
  KIND(known[LEN]) == FINAL && EPOCH(known[LEN]) == 2 && KIND(known[2]) == JOINT && EPOCH(known[2]) == 1
#elif REACH == 5
  /* A change that was begun was overwritten. */
  KIND(reignLog[1].at[2]) == JOINT && committed[2] >= 2 && KIND(known[2]) == PLAIN
#endif
  -> assert(false)
}
#endif
