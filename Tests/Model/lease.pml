/* Leases, reads and handover: rules 5, 6 and 7 of the protocol, with elections by rule 2.
 *
 * Two masters and N slaves; the master of epoch e is e & 1. Time goes in ticks of no fixed length that all share, and
 * only durations are kept, as ticks still to go. A clock that drifts makes a duration longer or shorter than meant:
 * a slave whose clock runs fast keeps its promise for LEASE - DRIFT ticks only, and a master whose clock runs slow
 * believes in its lease for LEASE - MARGIN + DRIFT. Each is given the worst: what holds for these holds for all
 * between. A master that is paused is one that takes no step while time goes on.
 *
 * An append and its answer take no time here: one that arrives later gives the slave the same lease from its arrival
 * and the master less, so it is no worse; what it finds promised by then is what another append finds. With
 * -DMESSAGES both are on their way as long as they like, arrive late, twice or never; at most one of each between two
 * nodes, a newer one replaces an older. BREAK_LEASE_FROM_RECEIPT and CONFIRM need that.
 *
 * With -DCONFIRM there are no leases and no time: each read waits for a confirmation (rule 6, --no-lease).
 */
#if defined(CONFIRM) || defined(BREAK_LEASE_FROM_RECEIPT)
#define MESSAGES
#endif
#ifndef N
#define N 2
#endif
#ifndef E
#define E 3
#endif
#ifdef CONFIRM
#define LEASE 1
#define MARGIN 0
#define DRIFT 0
#else
#define LEASE 3
#define MARGIN 2
#ifdef BREAK_DRIFT_BEYOND_MARGIN
#define DRIFT 2
#else
#define DRIFT 1
#endif
#endif
/* Of a slave's promise, and of what a master believes from an append on. */
#define GRANT (LEASE - DRIFT)
#ifdef BREAK_NO_MARGIN
#define TRUST (LEASE + DRIFT)
#else
#define TRUST (LEASE - MARGIN + DRIFT)
#endif

#define WRITE ((N + 1) / 2)
#define ELECTION (N / 2 + 1)
#define COUNT(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1))

/* A slave. The promise is durable, the rest is not. */
byte promised[N];
byte holder[N];       /* whose lease it granted, master + 1; 0 if nobody's */
byte granted[N];      /* ticks to go */
byte restarted[N];    /* ticks of the wait after a restart to go */

/* A master. The epoch is durable. */
byte epoch[2];        /* the highest it used */
byte state[2];        /* 0 follows, 1 candidate, 2 leader, 3 leader that serves */
byte accepted[2];     /* slaves that accepted an append of this reign, as bits */
byte credit[2 * N];   /* ticks to go from the send time of the newest append that a slave accepted */

/* Per epoch: who promised, as bits, and the epoch of the token that its prepares carry, or 0. */
byte votes[E + 1];
byte tokenOf[E + 1];

#ifdef MESSAGES
/* Per master and slave: the append and the answer on their way, by epoch, and ticks that the credit would have. */
byte append[2 * N];
byte appendCredit[2 * N];
byte answer[2 * N];
byte answerCredit[2 * N];
#endif

/* The token on its way: the epoch that was signed away; it is for the other master. */
byte signedAway;

byte newest;          /* the highest epoch in which anything was committed */

#ifdef CONFIRM
/* A read that waits for a confirmation: what was committed when it came, and who has answered a later append. */
byte readSince[2];
bool reading[2];
byte confirmedBy[2];
bool appendAfter[2 * N];
bool answerAfter[2 * N];
#endif

hidden byte i, n;

/* Whether a lease is valid is the W-th newest credit: more than 0 for at least W slaves. */
inline countLeased(m, result) {
  result = 0;
  i = 0;
  do :: i < N -> if :: credit[m * N + i] > 0 -> result++ :: else fi; i++ :: else -> break od;
  skip
}

inline forget(m) {
  accepted[m] = 0;
  i = 0;
  do
  :: i < N ->
    credit[m * N + i] = 0;
#ifdef MESSAGES
    answer[m * N + i] = 0;
    answerCredit[m * N + i] = 0;
#endif
#ifdef CONFIRM
    appendAfter[m * N + i] = 0;
    answerAfter[m * N + i] = 0;
#endif
    i++
  :: else -> break
  od;
#ifdef CONFIRM
  reading[m] = 0;
  readSince[m] = 0;
  confirmedBy[m] = 0;
#endif
  skip
}

/* Begins a candidacy in epoch e. Prepares of an earlier one may still arrive, its promises no longer matter. */
inline stand(m, e) {
  if :: epoch[m] > 0 -> votes[epoch[m]] = 0 :: else fi;
  forget(m);
  epoch[m] = e;
  state[m] = 1
}

inline decrement(ticks) { if :: ticks > 0 -> ticks-- :: else fi }

active proctype time() {
  do
#ifdef CONFIRM
  :: false
#else
  :: d_step {
      n = 0;
      do
      :: n < N ->
        decrement(granted[n]);
        if :: granted[n] == 0 -> holder[n] = 0 :: else fi;
        decrement(restarted[n]);
        decrement(credit[n]);
        decrement(credit[N + n]);
#ifdef MESSAGES
        decrement(appendCredit[n]);
        decrement(appendCredit[N + n]);
        decrement(answerCredit[n]);
        decrement(answerCredit[N + n]);
#endif
        n++
      :: else -> break
      od;
      skip
    }
#endif
  od
}

active [2] proctype master() {
#define m (_pid - 1)
#define STAND(e) \
  :: d_step { (e & 1) == m && epoch[m] < e -> stand(m, e) } \
  /* With the token of a reign that has ended the leases of others are no hindrance. */ \
  :: d_step { \
      (e & 1) == m && epoch[m] < e && signedAway > 0 && (signedAway & 1) != m && signedAway < e -> \
      stand(m, e); \
      tokenOf[e] = signedAway \
    }
  do
  STAND(1)
  STAND(2)
#if E > 2
  STAND(3)
#endif
#if E > 3
  STAND(4)
#endif
  :: d_step {
      state[m] == 1 && COUNT(votes[epoch[m]]) >= ELECTION ->
      votes[epoch[m]] = 0;
      state[m] = 2
    }
  /* The first entry of its own is committed; from then on there may be writes of this epoch at any time. */
  :: d_step {
      state[m] == 2 && COUNT(accepted[m]) >= WRITE ->
      state[m] = 3;
      accepted[m] = 0;
      if :: newest < epoch[m] -> newest = epoch[m] :: else fi
    }
  /* A restart of a leader or a candidate. */
  :: d_step { state[m] != 0 -> votes[epoch[m]] = 0; forget(m); state[m] = 0 }
  /* It signs the lead away; from then on it serves nothing and sends nothing in this epoch. */
  :: d_step {
      state[m] == 3 && signedAway < epoch[m] ->
      signedAway = epoch[m];
#ifndef BREAK_SERVE_AFTER_SIGNING
      forget(m);
      state[m] = 0
#endif
    }
#ifndef CONFIRM
  /* A read is answered: nobody has committed anything in a higher epoch. */
  :: d_step {
      state[m] == 3 ->
      countLeased(m, n);
      if :: n >= WRITE -> assert(newest <= epoch[m]) :: else fi
    }
#else
  /* A read comes; a confirmation of W slaves in this epoch, of appends sent after it came, lets it be answered. */
  :: d_step {
      state[m] == 3 && !reading[m] ->
      reading[m] = true;
      readSince[m] = newest;
      confirmedBy[m] = 0;
      i = 0;
      do
      :: i < N -> appendAfter[m * N + i] = 0; answerAfter[m * N + i] = 0; i++
      :: else -> break
      od;
      skip
    }
  :: d_step {
      state[m] == 3 && reading[m] && COUNT(confirmedBy[m]) >= WRITE ->
      assert(readSince[m] <= epoch[m]);
      reading[m] = false;
      readSince[m] = 0;
      confirmedBy[m] = 0
    }
#endif
  od
#undef m
}

/* A slave, and what passes between it and the masters. */
active [N] proctype slave() {
#define s (_pid - 3)
#ifdef BREAK_NO_WAIT_AFTER_RESTART
#define WAIT 0
#else
#define WAIT GRANT
#endif
#if defined(BREAK_PROMISE_WHILE_LEASED) || defined(CONFIRM)
#define FREE(m) true
#else
#define FREE(m) (restarted[s] == 0 && (granted[s] == 0 || holder[s] == m + 1))
#endif
#ifdef BREAK_TOKEN_FOR_EVER
#define BY_TOKEN(e) (tokenOf[e] > 0)
#else
/* Only while nothing above the epoch that ended is promised. */
#define BY_TOKEN(e) (tokenOf[e] > 0 && promised[s] <= tokenOf[e])
#endif
#define PREPARE(e) \
  :: d_step { \
      epoch[e & 1] >= e && promised[s] < e && (FREE((e & 1)) || BY_TOKEN(e)) -> \
      promised[s] = e; \
      holder[s] = (e & 1) + 1; \
      granted[s] = GRANT; \
      if :: epoch[e & 1] == e && state[e & 1] == 1 -> votes[e] = votes[e] | (1 << s) :: else fi \
    }
#define ACCEPT(m, e) \
  promised[s] = e; \
  holder[s] = m + 1; \
  granted[s] = GRANT
#ifndef MESSAGES
#define TALK(m) \
  :: d_step { \
      state[m] >= 2 && promised[s] <= epoch[m] -> \
      ACCEPT(m, epoch[m]); \
      if :: state[m] == 2 -> accepted[m] = accepted[m] | (1 << s) :: else fi; \
      credit[m * N + s] = TRUST \
    }
#else
/* Appends go out at any time; each takes the place of an older one. */
#define TALK(m) \
  :: d_step { \
      state[m] >= 2 && (append[m * N + s] != epoch[m] || appendCredit[m * N + s] != TRUST || SENT_EARLY(m)) -> \
      append[m * N + s] = epoch[m]; \
      appendCredit[m * N + s] = TRUST; \
      MARK_APPEND(m) \
    } \
  :: d_step { \
      append[m * N + s] > 0 && promised[s] <= append[m * N + s] -> \
      ACCEPT(m, append[m * N + s]); \
      if \
      :: append[m * N + s] == epoch[m] && state[m] >= 2 -> \
        answer[m * N + s] = append[m * N + s]; \
        answerCredit[m * N + s] = appendCredit[m * N + s]; \
        MARK_ANSWER(m) \
      :: else \
      fi \
    } \
  :: d_step { \
      state[m] >= 2 && answer[m * N + s] == epoch[m] -> \
      if :: state[m] == 2 -> accepted[m] = accepted[m] | (1 << s) :: else fi; \
      CREDIT(m); \
      CONFIRMED(m) \
    }
#endif
#ifdef BREAK_LEASE_FROM_RECEIPT
#define CREDIT(m) credit[m * N + s] = TRUST
#else
#define CREDIT(m) \
  if :: credit[m * N + s] < answerCredit[m * N + s] -> credit[m * N + s] = answerCredit[m * N + s] :: else fi
#endif
#ifdef CONFIRM
#define SENT_EARLY(m) appendAfter[m * N + s] != reading[m]
#define MARK_APPEND(m) appendAfter[m * N + s] = reading[m]
#define MARK_ANSWER(m) answerAfter[m * N + s] = appendAfter[m * N + s]
#ifdef BREAK_CONFIRMED_BY_EARLIER_APPEND
#define CONFIRMED(m) if :: reading[m] -> confirmedBy[m] = confirmedBy[m] | (1 << s) :: else fi
#else
#define CONFIRMED(m) \
  if :: reading[m] && answerAfter[m * N + s] -> confirmedBy[m] = confirmedBy[m] | (1 << s) :: else fi
#endif
#else
#define SENT_EARLY(m) false
#define MARK_APPEND(m) skip
#define MARK_ANSWER(m) skip
#define CONFIRMED(m) skip
#endif
  do
  PREPARE(1)
  PREPARE(2)
#if E > 2
  PREPARE(3)
#endif
#if E > 3
  PREPARE(4)
#endif
  TALK(0)
  TALK(1)
#ifndef CONFIRM
  /* A restart: the promise is on disk, the lease is not. */
  :: d_step { granted[s] > 0 -> granted[s] = 0; holder[s] = 0; restarted[s] = WAIT }
#endif
  od
#undef s
}

#ifdef REACH
active proctype reach() {
#if REACH == 1
  /* Both masters believe that they lead, and the older one still has part of its lease. */
  state[0] >= 2 && state[1] >= 2 && (credit[0] > 0 || credit[N] > 0)
#elif REACH == 2
  /* Three reigns have served. */
  newest == 3 && state[1] == 3
#elif REACH == 3
  /* A handover: the new leader serves while a slave still holds the old one's lease. */
  signedAway == 1 && state[0] == 3 && holder[0] == 2 && granted[0] > 0
#elif REACH == 4
  /* A lease on which reads are answered. */
  state[1] == 3 && credit[N] > 0 && newest == 3
#endif
  -> assert(false)
}
#endif
