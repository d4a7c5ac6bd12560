package dev.scaling.locks;

import static dev.scaling.locks.SimulatedMemory.READERS;
import static dev.scaling.locks.SimulatedMemory.UNKNOWN;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.locks.SimulatedMemory.Lock;
import dev.scaling.locks.SimulatedMemory.Standing;
import dev.scaling.locks.SimulatedMemory.Waiting;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What stands in front of the scripts: one server's data, and what all of them do with it. */
final class SimulatedLocks {

  private static final long RETENTION_MILLIS = 600_000;

  final Seeded seeded;
  private final LongSupplier expiryMillis;
  private final SimulatedScripts.Publisher publisher;
  SimulatedMemory memory = new SimulatedMemory();
  String run;

  SimulatedLocks(
      LongSupplier expiryMillis, SimulatedScripts.Publisher publisher, String run, Seeded seeded) {
    this.expiryMillis = expiryMillis;
    this.publisher = publisher;
    this.run = run;
    this.seeded = seeded;
  }

  long expiryMillis() {
    return expiryMillis.getAsLong();
  }

  boolean isMember() {
    return memory.node.run().equals(run);
  }

  String mark(String nonce) {
    if (!memory.node.seen().startsWith(run)) {
      memory.node = new Standing(
          memory.node.run(),
          memory.node.high(),
          memory.node.base(),
          memory.node.longest(),
          run + ":" + nonce);
    }
    return memory.node.seen();
  }

  Lock lock(List<String> keys) {
    return memory.locks.getOrDefault(keys.get(1), new Lock());
  }

  /** Returns until when an attempt has the lock, or {@code null} if it does not. */
  @Nullable
  Long heldUntil(List<String> keys, Lock lock, String id, boolean reads) {
    if (reads) {
      return lock.owner.equals(READERS) ? memory.reads(keys.get(4), id) : null;
    }
    return lock.owner.equals(id) ? lock.ends : null;
  }

  void enter(String key, Lock lock, String id, long ends, long now) {
    lock.ends = Math.max(lock.ends, ends);
    memory.enter(key, id, ends, expiryMillis() + (lock.ends - now) / 1_000 + RETENTION_MILLIS);
  }

  boolean exit(List<String> keys, Lock lock, String id) {
    if (!lock.owner.equals(READERS) || !memory.exit(keys.get(4), id)) {
      return false;
    }
    lock.ends = memory.readersUntil(keys.get(4));
    return true;
  }

  /** Takes the lock back from attempts whose own calls to give it back are still to come. */
  void giveBack(List<String> keys, Lock lock, List<String> attempts) {
    List<String> back = attempts.stream()
        .filter(id -> {
          boolean isOwner = lock.owner.equals(id);
          lock.ends = isOwner ? 0 : lock.ends;
          return exit(keys, lock, id) || isOwner || isIn(lock.released, id);
        })
        .toList();
    if (!back.isEmpty()) {
      lock.released = String.join(" ", back);
    }
  }

  static boolean isIn(String attempts, String attempt) {
    return List.of(attempts.split(" ")).contains(attempt);
  }

  /**
   * Gives the lock to the first in the line who hears of it, and from a reader on to all up to the
   * first writer; returns whether an attempt is one of them, and whether others go first.
   */
  HandedOn handOn(List<String> keys, Lock lock, String id, long now) {
    String line = keys.get(2);
    boolean isMine = false;
    for (String first = memory.first(line); first != null; first = memory.first(line)) {
      var waiting = memory.waiting(line, first);
      boolean isAlive = waiting.alive() > now;
      if (isAlive && lock.ends > now && !(waiting.reads() && lock.owner.equals(READERS))) {
        return new HandedOn(isMine, true);
      }
      memory.leave(line, first);
      if (!isAlive) {
        continue;
      }
      grant(keys, lock, first, waiting, 0, now);
      isMine |= first.equals(id);
      String message = first + " " + lock.counter + " " + now + " " + keys.get(1);
      String inbox = keys.get(0) + ":" + first.substring(0, first.indexOf(':'));
      boolean isHeard = first.equals(id)
          || publisher.publish(inbox, message.getBytes(UTF_8)) > 0
          || waiting.listens().equals("0");
      if (isHeard && !waiting.reads()) {
        return new HandedOn(isMine, true);
      }
      if (!isHeard) {
        lock.ends = 0;
        exit(keys, lock, first);
      }
    }
    return new HandedOn(isMine, false);
  }

  void grant(List<String> keys, Lock lock, String id, Waiting wanted, long hint, long now) {
    boolean reads = wanted.reads();
    long lease = wanted.lease();
    boolean joins = reads && lock.owner.equals(READERS) && lock.counter > memory.node.base();
    long more = seeded == Seeded.TOKENS_NOT_RESERVED ? 1 : wanted.tokens();
    long known = lock.counter == UNKNOWN ? memory.node.high() : lock.counter;
    lock.counter = Math.max(Math.max(known, memory.node.base()), hint) + (joins ? 0 : more);
    if (reads && lock.owner.equals(READERS)) {
      memory.bury(keys.get(4), now);
    } else if (reads) {
      memory.exitAll(keys.get(4));
    }
    if (reads && !joins) {
      lock.before = lock.owner;
    }
    lock.owner = reads ? READERS : id;
    if (reads) {
      enter(keys.get(4), lock, id, now + lease, now);
    } else {
      lock.ends = now + lease;
    }
    lock.ticket = wanted.ticket();
    keep(keys.get(1), lock, lease, now);
  }

  void keep(String key, Lock lock, long lease, long micros) {
    memory.locks.put(key, lock);
    long now = expiryMillis();
    long left = Math.max(lease, lock.ends - micros) / 1_000;
    if (lock.expires < now + left + RETENTION_MILLIS) {
      lock.expires = now + left + 2 * RETENTION_MILLIS;
    }
    memory.node = new Standing(
        memory.node.run(),
        Math.max(memory.node.high(), lock.counter),
        memory.node.base(),
        Math.max(memory.node.longest(), lease),
        memory.node.seen());
  }

  long enqueue(String key, String id, Waiting waiting) {
    long kept = waiting.lease() / 1_000 + RETENTION_MILLIS;
    return memory.enqueue(key, id, waiting, expiryMillis() + kept);
  }

  record HandedOn(boolean isMine, boolean isBehind) {}
}
