package dev.scaling.cache;

import dev.scaling.cache.Cell.State;
import dev.scaling.cache.RemoteTier.Fill;
import dev.scaling.cache.RemoteTier.Reply;
import dev.scaling.concurrency.internal.Flights;
import dev.scaling.core.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Reads keys that the local tier does not have: from Redis, or from the source under a lease. */
final class ReadThrough<K, V> {

  /*
   * Protocol D of docs/cache.md, for one key or many at a time:
   *
   *   1  take the key's epoch                                  (when the flight is made)
   *   2  read the cell; a value goes to the local tier if the epoch is the same, and that is all
   *   3  nothing there: take a lease, unique to this load
   *      another's lease: wait for its message or its end, then begin at 2
   *      a fence: load, and store nowhere; so too if the wait is longer than loadTimeout, or ends with
   *      the word that there is nothing to store
   *   4  load
   *   5  fill the cell if it still holds the lease; only then the local tier, if the epoch is the same
   *
   * An invalidation takes the lease away and raises the epoch, so whatever was loaded before it can
   * be stored in neither tier. The broken variants of these steps are in the package `protocol` of
   * the tests, with the interleavings that break them.
   *
   * Redis away means: step 4 alone. Nothing is kept, since nobody could take it back.
   */

  private static final long LEASE_TAKEN = 1;
  private static final long HOLDS_VALUE = 2;
  private static final long LEASED = 3;

  private final CacheParts<K, V> parts;
  private final RemoteTier remote;
  private final Flights<K, V, Flight<K, V>> flights;
  private final Counters counters;
  private final Time time;
  private final Expiration expiration;
  private final UniqueIds tokens = new UniqueIds();

  ReadThrough(CacheParts<K, V> parts) {
    this.parts = parts;
    remote = parts.remote();
    flights = parts.flights();
    counters = parts.counters();
    time = parts.time();
    expiration = parts.expiration();
  }

  /**
   * Reads the keys of flights that have just started.
   *
   * @param steps runs what has to be done between replies
   */
  void start(List<Flight<K, V>> started, Executor steps) {
    guarded(started, () -> read(started, steps)).run();
  }

  private void read(List<Flight<K, V>> wanted, Executor steps) {
    if (!parts.gate().tryEnter()) {
      counters.redisSkipped.add(wanted.size());
      loadUncached(wanted, steps);
      return;
    }
    remote
        .read(cells(wanted))
        .whenComplete((cells, failure) ->
            next(steps, wanted, () -> afterRead(wanted, cells, failure, steps)));
  }

  private void afterRead(
      List<Flight<K, V>> wanted,
      @Nullable List<? extends byte @Nullable []> cells,
      @Nullable Throwable failure,
      Executor steps) {
    if (cells == null) {
      redisFailed(failure);
      loadUncached(wanted, steps);
      return;
    }
    parts.gate().answered();
    List<Missing<K, V>> missing = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      var flight = wanted.get(i);
      byte[] content = cells.get(i);
      Cell<V> cell = parts.envelope().read(flight.cell, content);
      switch (cell.state()) {
        case VALUE, NEGATIVE -> hit(flight, cell);
        case ABSENT, LEASED, FENCED -> missing.add(new Missing<>(flight, null)); // dead, perhaps
        case UNREADABLE -> {
          counters.unreadable.increment();
          missing.add(new Missing<>(flight, content));
        }
      }
    }
    counters.remoteMisses.add(missing.size());
    acquire(missing, steps);
  }

  private void acquire(List<Missing<K, V>> missing, Executor steps) {
    if (missing.isEmpty()) {
      return;
    }
    var wanted = missing.stream().map(Missing::flight).toList();
    var mine =
        wanted.stream().map(flight -> new Leased<>(flight, tokens.next())).toList();
    var waits =
        wanted.stream().map(flight -> parts.waiters().listen(flight.text)).toList();
    remote
        .acquire(cells(wanted), tokens(mine), parts.lease(), unusable(missing))
        .whenComplete((replies, never) -> {
          if (!next(steps, wanted, () -> afterAcquire(missing, mine, waits, replies, steps))) {
            waits.forEach(Waiters.Wait::stop);
            giveBack(mine);
          }
        });
  }

  private void afterAcquire(
      List<Missing<K, V>> missing,
      List<Leased<K, V>> mine,
      List<Waiters.Wait> waits,
      List<Reply> replies,
      Executor steps) {
    List<Leased<K, V>> leased = new ArrayList<>();
    List<Missing<K, V>> unreadable = new ArrayList<>();
    List<Flight<K, V>> uncached = new ArrayList<>();
    List<Leased<K, V>> unknown = new ArrayList<>();
    for (int i = 0; i < mine.size(); i++) {
      var flight = mine.get(i).flight;
      var reply = replies.get(i);
      if (reply.state() == LEASED) {
        waitFor(flight, waits.get(i), RemoteTier.number(reply.detail()), steps);
        continue;
      }
      waits.get(i).stop();
      if (reply.failure() != null) {
        unknown.add(mine.get(i));
        uncached.add(flight);
      } else if (reply.state() == LEASE_TAKEN) {
        leased.add(mine.get(i));
      } else if (reply.state() == HOLDS_VALUE && reply.detail() instanceof byte[] bytes) {
        Cell<V> cell = parts.envelope().read(flight.cell, bytes);
        if (cell.isHit()) {
          hit(flight, cell);
        } else if (missing.get(i).unusable == null) {
          unreadable.add(new Missing<>(flight, bytes));
        } else { // somebody else changes it each time, and cannot read ours perhaps
          uncached.add(flight);
        }
      } else {
        uncached.add(flight);
      }
    }
    redisFailed(replies);
    giveBack(unknown); // they may have been taken all the same
    load(leased, steps);
    acquire(unreadable, steps);
    loadUncached(uncached, steps);
  }

  /**
   * Waits for the load of another instance, no longer than its lease lasts, and begins again. Loads
   * for itself when loadTimeout is over: the other may be cut off from Redis, which is no error to
   * readers.
   */
  private void waitFor(Flight<K, V> flight, Waiters.Wait wait, long leaseMillis, Executor steps) {
    counters.leaseWaits.increment();
    var alone = List.of(flight);
    long left = parts.loadTimeout().toNanos() - (time.nanoTime() - flight.startNanos);
    if (left <= 0) {
      wait.stop();
      loadUncached(alone, steps);
      return;
    }
    var lease = Duration.ofMillis(Math.max(1, leaseMillis));
    var most = Duration.ofNanos(left);
    wait.then(
        lease.compareTo(most) < 0 ? lease : most,
        inVain -> next(steps, alone, () -> {
          if (inVain) { // one after the other they would load what nobody can keep
            loadUncached(alone, steps);
          } else {
            read(alone, steps);
          }
        }));
  }

  private void load(List<Leased<K, V>> leased, Executor steps) {
    if (leased.isEmpty()) {
      return;
    }
    var wanted = leased.stream().map(Leased::flight).toList();
    var mine = tokens(leased);
    var cells = cells(wanted);
    var renewal =
        Renewal.start(time, parts.lease(), () -> remote.renew(cells, mine, parts.lease()));
    parts.loads().load(wanted).whenComplete((values, failure) -> {
      renewal.stop();
      boolean taken = next(steps, wanted, () -> {
        if (values == null) {
          giveBack(leased);
          fail(wanted, failure);
        } else {
          counters.loads.add(wanted.size());
          fill(leased, values, steps);
        }
      });
      if (!taken) {
        giveBack(leased);
      }
    });
  }

  private void fill(List<Leased<K, V>> leased, Map<K, V> values, Executor steps) {
    var wanted = leased.stream().map(Leased::flight).toList();
    var fills =
        leased.stream().map(one -> fillOf(one, values.get(one.flight.key()))).toList();
    remote
        .fill(fills)
        .whenComplete((replies, never) -> next(steps, wanted, () -> {
          for (int i = 0; i < wanted.size(); i++) {
            var flight = wanted.get(i);
            V value = values.get(flight.key());
            afterFill(flight, value, fills.get(i), replies.get(i));
            flights.land(flight, value);
          }
        }));
  }

  private void afterFill(Flight<K, V> flight, @Nullable V value, Fill fill, Reply reply) {
    if (reply.failure() != null) {
      counters.notStored.increment();
    } else if (reply.state() == 0) {
      counters.fillsRejected.increment();
    } else if (fill.ttlMillis() > 0) {
      offer(flight, value);
    }
  }

  /** Returns the content for a cell, or the order to store nothing if there can be none. */
  private Fill fillOf(Leased<K, V> one, @Nullable V value) {
    var flight = one.flight;
    if (value != null || parts.cachesNegatives()) {
      try {
        byte[] content = parts.envelope().write(flight.cell, value);
        long ttlMillis = expiration.remoteMillis(value == null);
        return new Fill(flight.cell, flight.text, one.token, content, ttlMillis);
      } catch (RuntimeException e) {
        counters.notStored.increment();
        parts.log().warn("a value is served but not cached, since it could not be encoded", e);
      }
    }
    return Fill.nothing(flight.cell, flight.text, one.token);
  }

  /** Gives leases back so that others need not wait for their end. Nobody waits for the reply. */
  private void giveBack(List<Leased<K, V>> leased) {
    if (leased.isEmpty()) {
      return;
    }
    remote.fill(leased.stream()
        .map(one -> Fill.giveBack(one.flight.cell, one.flight.text, one.token))
        .toList());
  }

  private void loadUncached(List<Flight<K, V>> wanted, Executor steps) {
    if (wanted.isEmpty()) {
      return;
    }
    parts
        .loads()
        .load(wanted)
        .whenComplete((values, failure) -> next(steps, wanted, () -> {
          if (values == null) {
            fail(wanted, failure);
            return;
          }
          counters.loads.add(wanted.size());
          wanted.forEach(flight -> flights.land(flight, values.get(flight.key())));
        }));
  }

  private void hit(Flight<K, V> flight, Cell<V> cell) {
    counters.remoteHits.increment();
    offer(flight, cell.state() == State.NEGATIVE ? null : cell.value());
    flights.land(flight, cell.value());
  }

  private void offer(Flight<K, V> flight, @Nullable V value) {
    var local = parts.local();
    if (local != null) {
      try {
        local.offer(flight.key(), value, flight.epoch);
      } catch (Throwable e) { // the application's weigher
        parts.log().warn("a value is served but not kept in the local tier", e);
      }
    }
  }

  private void redisFailed(@Nullable Throwable failure) {
    counters.redisFailures.increment();
    if (failure != null) {
      parts.gate().failed(failure);
      parts.log().warn("Redis failed, reads go to the loader", failure);
    }
  }

  /** Notes the failures among replies: each call's once, however many keys it was about. */
  private void redisFailed(List<Reply> replies) {
    replies.stream()
        .map(Reply::failure)
        .filter(Objects::nonNull)
        .distinct()
        .forEach(this::redisFailed);
  }

  private void fail(List<Flight<K, V>> failed, @Nullable Throwable failure) {
    counters.loadFailures.add(failed.size());
    var cause = failure == null ? new IllegalStateException("no cause") : failure;
    failed.forEach(flight -> flights.crash(flight, cause));
  }

  /**
   * Takes the next step; its flights end whatever happens, or their callers would hang.
   *
   * @return whether the executor took the step
   */
  private boolean next(Executor steps, List<Flight<K, V>> concerned, Runnable step) {
    try {
      steps.execute(guarded(concerned, step));
      return true;
    } catch (Throwable e) { // the executor is full, shut down, or out of threads
      concerned.forEach(flight ->
          flights.crash(flight, new LoadFailedException(parts.name(), "the executor refused", e)));
      return false;
    }
  }

  private Runnable guarded(List<Flight<K, V>> concerned, Runnable step) {
    return () -> {
      try {
        step.run();
      } catch (Throwable e) { // even an error must not leave callers behind
        concerned.forEach(flight ->
            flights.crash(flight, new LoadFailedException(parts.name(), "the read failed", e)));
      }
    };
  }

  private static <K, V> List<String> cells(List<Flight<K, V>> wanted) {
    if (wanted.size() == 1) {
      return List.of(wanted.get(0).cell);
    }
    return wanted.stream().map(flight -> flight.cell).toList();
  }

  private static <K, V> List<byte[]> tokens(List<Leased<K, V>> leased) {
    return leased.stream().map(Leased::token).toList();
  }

  private static <K, V> List<byte @Nullable []> unusable(List<Missing<K, V>> missing) {
    List<byte @Nullable []> unusable = new ArrayList<>(missing.size());
    missing.forEach(one -> unusable.add(one.unusable));
    return unusable;
  }

  /** A flight that Redis has no value for, and what its cell held that this instance cannot use. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares two of them
  private record Missing<K, V>(Flight<K, V> flight, byte @Nullable [] unusable) {}

  /** A flight and the token of the lease that its load runs under. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares two of them
  private record Leased<K, V>(Flight<K, V> flight, byte[] token) {}
}
