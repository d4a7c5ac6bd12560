package dev.scaling.locks;

import static dev.scaling.locks.SimulatedMemory.READERS;
import static dev.scaling.locks.SimulatedMemory.UNKNOWN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.locks.SimulatedMemory.Lock;
import dev.scaling.locks.SimulatedMemory.Standing;
import dev.scaling.locks.SimulatedMemory.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What the scripts do on one server, with its data; {@link SimulationIT} compares the two. */
final class SimulatedScripts {

  private static final long SKEW = 50_000;

  private final LongSupplier micros;
  private final SimulatedLocks locks;

  /**
   * Creates a server that remembers nothing.
   *
   * @param micros its clock, in microseconds
   * @param expiryMillis what keys expire by
   */
  SimulatedScripts(
      LongSupplier micros,
      LongSupplier expiryMillis,
      Publisher publisher,
      String run,
      Seeded seeded) {
    this.micros = micros;
    locks = new SimulatedLocks(expiryMillis, publisher, run, seeded);
  }

  /** Starts again, with the memory of another time, or with none. */
  void restart(String newRun, @Nullable SimulatedMemory from) {
    var before = locks.memory.node;
    locks.memory = from == null ? new SimulatedMemory() : from.copy();
    locks.run = newRun;
    if (locks.seeded == Seeded.NO_MARK) {
      var node = locks.memory.node;
      locks.memory.node = new Standing(newRun, node.high(), node.base(), before.longest(), "");
    }
  }

  SimulatedMemory copy() {
    return locks.memory.copy();
  }

  boolean isMember() {
    return locks.isMember();
  }

  /** Returns whether an attempt has a lock here now. */
  boolean has(List<String> keys, String attempt, boolean reads) {
    var until = locks.heldUntil(keys, locks.lock(keys), attempt, reads);
    return until != null && until > micros.getAsLong();
  }

  /** Returns how many keys there are but the node's hash. */
  int keys() {
    locks.memory.expire(locks.expiryMillis());
    return locks.memory.keys();
  }

  List<@Nullable Object> run(String script, List<String> keys, List<byte[]> args) {
    locks.memory.expire(locks.expiryMillis());
    List<String> texts = args.stream().map(arg -> new String(arg, UTF_8)).toList();
    return switch (script) {
      case "acquire" -> acquire(keys, List.of(texts.get(0).split(" ")));
      case "release" -> release(keys, List.of(texts.get(0).split(" ")));
      case "extend" -> extend(keys, texts);
      case "watch" -> watch(texts);
      default -> throw new UnsupportedOperationException(script);
    };
  }

  private List<@Nullable Object> acquire(List<String> keys, List<String> args) {
    String id = args.get(0);
    if (!isMember()) {
      return reply(-1L, locks.run, locks.mark(id));
    }
    if (locks.memory.tombstones.containsKey(keys.get(5))) {
      return reply(-2L, locks.run);
    }
    long lease = Long.parseLong(args.get(1));
    long now = micros.getAsLong();
    long asked = Long.parseLong(args.get(4));
    long ticket = asked == 0 ? now : Math.max(now - SKEW, Math.min(now + SKEW, asked));
    boolean reads = !args.get(6).equals("0");
    var lock = locks.lock(keys);
    locks.giveBack(keys, lock, args.subList(8, args.size()));
    boolean isKnown = lock.counter > locks.memory.node.base();
    var until = isKnown ? locks.heldUntil(keys, lock, id, reads) : null;
    boolean isMine = until != null;
    if (until != null && reads) {
      locks.enter(keys.get(4), lock, id, Math.max(until, now + lease), now);
    } else if (until != null) {
      lock.ends = Math.max(until, now + lease);
    } else if (lock.ends <= now || letsIn(lock, reads)) {
      isMine = takes(keys, args, lock, ticket, now);
    }
    if (isMine) {
      return reply(1L, locks.run, now, lock.counter, lock.ticket);
    }
    long wait = Long.parseLong(args.get(3));
    if (wait > 0) {
      ticket = locks.enqueue(keys.get(2), id, waiting(args, ticket, now + wait));
    }
    boolean isRead = lock.owner.equals(READERS);
    return reply(
        0L,
        locks.run,
        now,
        lock.counter,
        ticket,
        isRead ? locks.memory.lastReader(keys.get(4)) : lock.owner,
        isRead ? 1L : 0L,
        lock.ends - now);
  }

  /** Returns whether a lock that somebody has is had by more. */
  private boolean letsIn(Lock lock, boolean reads) {
    boolean isRead = lock.owner.equals(READERS);
    return switch (locks.seeded) {
      case READERS_BESIDE_WRITER -> reads;
      case WRITER_BESIDE_READERS -> isRead;
      default -> reads && isRead;
    };
  }

  private boolean takes(List<String> keys, List<String> args, Lock lock, long ticket, long now) {
    String id = args.get(0);
    boolean reads = !args.get(6).equals("0");
    boolean joins = args.get(6).equals("2");
    var handedOn = locks.handOn(keys, lock, id, now);
    if (handedOn.isMine()) {
      return true;
    }
    if (lock.ends > now && !(letsIn(lock, reads) && (!handedOn.isBehind() || joins))) {
      return false;
    }
    long hint = Long.parseLong(args.get(2));
    locks.grant(keys, lock, id, waiting(args, ticket, now), hint, now);
    locks.memory.leave(keys.get(2), id);
    return true;
  }

  /** Returns what a call to acquire wants. */
  private static Waiting waiting(List<String> args, long ticket, long alive) {
    long lease = Long.parseLong(args.get(1));
    boolean reads = !args.get(6).equals("0");
    return new Waiting(ticket, alive, lease, args.get(5), reads, Long.parseLong(args.get(7)));
  }

  private List<@Nullable Object> release(List<String> keys, List<String> args) {
    String id = args.get(0);
    var lock = locks.lock(keys);
    boolean again = args.size() > 3;
    if (again && !(lock.owner.equals(id) && lock.counter == Long.parseLong(args.get(3)))) {
      return reply(0L);
    }
    if (args.get(1).equals("1")) {
      locks.memory.leave(keys.get(2), id);
    }
    if (!args.get(2).equals("0")) {
      locks.memory.tombstones.put(keys.get(5), locks.expiryMillis() + Long.parseLong(args.get(2)));
    }
    boolean isRead = lock.owner.equals(READERS);
    boolean isOwner = lock.owner.equals(id)
        || (locks.seeded == Seeded.RELEASES_FOR_ANYBODY && !lock.owner.isEmpty() && !isRead);
    lock.ends = isOwner ? 0 : lock.ends;
    boolean had = isOwner || locks.exit(keys, lock, id);
    if (!had && !isRead) {
      return reply(SimulatedLocks.isIn(lock.released, id) ? 1L : 0L);
    }
    long now = 0;
    boolean waits = locks.memory.waits(keys.get(2));
    if (waits && !isMember()) {
      locks.mark(id);
      now = micros.getAsLong();
    } else if (waits) {
      now = micros.getAsLong();
      if (again) {
        long alive = now + Long.parseLong(args.get(4));
        long lease = Long.parseLong(args.get(5));
        long tokens = Long.parseLong(args.get(7));
        var waiting = new Waiting(now, alive, lease, args.get(6), false, tokens);
        locks.enqueue(keys.get(2), id, waiting);
      }
      locks.handOn(keys, lock, "", now);
    }
    if (lock.ends <= now && !lock.owner.equals(READERS)) {
      lock.owner = "";
      lock.ends = 0;
      lock.released = had ? id : lock.released;
    }
    return reply(had || SimulatedLocks.isIn(lock.released, id) ? 1L : 0L);
  }

  private List<@Nullable Object> extend(List<String> keys, List<String> args) {
    List<@Nullable Object> reply = reply(locks.run);
    if (!isMember()) {
      locks.mark(args.get(0));
      return reply;
    }
    long now = micros.getAsLong();
    int at = 1;
    for (int i = 0; i < args.size(); i += 4) {
      boolean reads = args.get(i + 3).equals("2");
      String readers = reads ? keys.get(at++) : "";
      reply.add(extend(keys.get(at++), readers, args.subList(i, i + 4), now));
    }
    return reply;
  }

  private long extend(String key, String readers, List<String> args, long now) {
    String id = args.get(0);
    long lease = Long.parseLong(args.get(1));
    long token = Long.parseLong(args.get(2));
    boolean reads = !readers.isEmpty();
    var lock = locks.memory.locks.getOrDefault(key, new Lock());
    long counter = lock.counter == UNKNOWN ? locks.memory.node.high() : lock.counter;
    boolean isKnown = !args.get(3).equals("0") || counter > locks.memory.node.base();
    var until =
        isKnown ? locks.heldUntil(List.of("", key, "", "", readers), lock, id, reads) : null;
    boolean isLeft = until == null
        && args.get(3).equals("1")
        && lock.ends <= now
        && counter <= token
        && !SimulatedLocks.isIn(lock.released, id);
    if (until == null && locks.seeded == Seeded.READERS_LEAVE_WRITER && lock.before.equals(id)) {
      lock.counter = Math.max(counter, token);
      return lock.counter;
    }
    if (until == null && !isLeft) {
      return locks.seeded == Seeded.EXTENDS_FOR_ANYBODY ? Math.max(counter, token) : UNKNOWN;
    }
    long ends = Math.max(until == null ? 0 : until, now + lease);
    if (reads) {
      locks.enter(readers, lock, id, ends, now);
    } else {
      lock.owner = id;
      lock.ends = ends;
    }
    lock.counter = Math.max(counter, token);
    locks.keep(key, lock, lease, now);
    return lock.counter;
  }

  private List<@Nullable Object> watch(List<String> args) {
    String seen = isMember() ? "" : locks.mark(args.get(0));
    if (!isMember() && seen.equals(args.get(1))) {
      long base = args.get(2).equals("0") ? micros.getAsLong() : Long.parseLong(args.get(2));
      locks.memory.node = new Standing(locks.run, base, base, Long.parseLong(args.get(3)), "");
    }
    var node = locks.memory.node;
    return isMember()
        ? reply(1L, locks.run, node.high(), node.longest(), 0L)
        : reply(0L, locks.run, seen, 0L);
  }

  private static List<@Nullable Object> reply(Object... elements) {
    List<@Nullable Object> reply = new ArrayList<>();
    for (Object each : elements) {
      reply.add(each instanceof String text ? text.getBytes(US_ASCII) : each);
    }
    return reply;
  }

  /** Where messages go. */
  interface Publisher {

    /** Returns how many subscribers got a message. */
    int publish(String channel, byte[] message);
  }
}
