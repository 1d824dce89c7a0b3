/* SPDX-License-Identifier: Apache-2.0
 *
 * The sleep protocol under sequential consistency: two workers, a poster that injects jobs, a setter of one latch.
 * The jobs-event counter has two bits, so that it wraps. Fences have no meaning here (par_sleep.cpp checks them); the
 * steps that they keep in order are left in order. A mutation swaps or drops one step: -DMUTATION=n.
 *
 *   1  the sleeper does not look again after it parked
 *   2  the poster reads the sleepers before it pushes
 *   3  a searcher that leaves for its latch does not pass the job on
 *   4  the setter does not unpark a dozing waiter
 *   5  the waker does not take the sleeper out of the count
 *   6  the sleeper counts itself after it parked
 */
#ifndef MUTATION
#define MUTATION 0
#endif
#define WORKERS 2
#define JOBS 2
#define AWAKE 0
#define ASLEEP 1

byte jec = 1;        /* odd: nobody is sleepy */
byte sleeping = 0;
byte inactive = 0;
byte park[WORKERS];
byte jobs = 0;       /* in the injector */
byte taken = 0;
byte latch = 0;      /* 0 unset, 1 dozing, 2 set */
bool latch_seen = false;
byte finished = 0;

inline unpark(w, woke) {
  atomic {
    if
    :: park[w] == ASLEEP -> park[w] = AWAKE; woke = true;
#if MUTATION != 5
       sleeping--;
#endif
    :: else -> woke = false;
    fi
  }
}

inline wake_one() {
  unpark(0, woke);
  if
  :: !woke -> unpark(1, woke);
  :: else -> skip;
  fi
}

inline post_event() {
  atomic {
    if
    :: jec % 2 == 0 -> jec = (jec + 1) % 4;
    :: else -> skip;
    fi;
    seen_sleeping = sleeping;
    seen_inactive = inactive;
  }
}

proctype poster() {
  byte seen_sleeping, seen_inactive, n;
  bool woke;
  for (n : 1 .. JOBS) {
#if MUTATION == 2
    post_event();
    jobs++;
#else
    jobs++;
    post_event();
#endif
    if
    :: seen_sleeping > 0 && seen_inactive <= seen_sleeping -> wake_one();
    :: else -> skip;
    fi
  }
}

proctype setter() {
  byte before;
  bool woke;
  atomic { before = latch; latch = 2; }
  if
  :: before == 1 ->
#if MUTATION != 4
     unpark(0, woke);
#endif
     skip;
  :: else -> skip;
  fi
}

/* Worker 0 waits for the latch first, then for jobs; worker 1 for jobs only. */
proctype worker(byte me) {
  byte remembered;
  bool woke, counted, waits_latch;
  waits_latch = (me == 0);
start:
  inactive++;
search:
  if
  :: waits_latch && latch == 2 -> goto leave;
  :: else -> skip;
  fi;
  atomic {
    if
    :: !waits_latch && jobs > 0 -> jobs--; taken++; goto leave;
    :: else -> skip;
    fi
  }
  if
  :: taken == JOBS && !waits_latch && jobs == 0 -> goto leave;
  :: else -> skip;
  fi;
  atomic {                                   /* announce sleepy */
    if
    :: jec % 2 == 1 -> jec = (jec + 1) % 4;
    :: else -> skip;
    fi;
    remembered = jec;
  }
  atomic {                                   /* one more round */
    if
    :: !waits_latch && jobs > 0 -> jobs--; taken++; goto leave;
    :: else -> skip;
    fi
  }
  atomic {                                   /* doze */
    if
    :: waits_latch && latch == 2 -> goto leave;
    :: waits_latch && latch != 2 -> latch = 1;
    :: else -> skip;
    fi
  }
#if MUTATION == 6
  park[me] = ASLEEP;
#endif
  atomic {
    if
    :: jec == remembered -> sleeping++; counted = true;
    :: else -> counted = false;
    fi
  }
  if
  :: !counted -> goto rouse;
  :: else -> skip;
  fi;
#if MUTATION != 6
  park[me] = ASLEEP;
#endif
#if MUTATION != 1
  if
  :: (jobs > 0) || (waits_latch && latch == 2) ->
     atomic {                                /* withdraw */
       if
       :: park[me] == ASLEEP -> park[me] = AWAKE; sleeping--;
       :: else -> skip;
       fi
     }
  :: else -> skip;
  fi;
#endif
asleep:
  /* A worker with no more jobs to expect may stay parked for ever. */
end_parked:
  (park[me] == AWAKE);
rouse:
  atomic {
    if
    :: waits_latch && latch == 1 -> latch = 0;
    :: else -> skip;
    fi
  }
  goto search;
leave:
  inactive--;
#if MUTATION != 3
  if
  :: jobs > 0 && sleeping > 0 -> wake_one();
  :: else -> skip;
  fi;
#endif
  if
  :: waits_latch -> latch_seen = true; waits_latch = false; goto busy;
  :: else -> skip;
  fi;
  if
  :: taken < JOBS -> goto start;
  :: else -> skip;
  fi;
busy:
  /* Worker 0 is busy for ever once its latch is set: worker 1 has to run the jobs alone. */
  finished++;
}

init {
  atomic { run poster(); run setter(); run worker(0); run worker(1); }
}

/* Counters stay in range. */
ltl counters { [] (sleeping <= inactive && inactive <= WORKERS) }
/* No injected job waits for ever, and no latch that is set is missed. */
ltl answered { <> (taken == JOBS && latch_seen) }
