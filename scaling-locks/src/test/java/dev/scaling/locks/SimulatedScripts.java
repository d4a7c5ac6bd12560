package dev.scaling.locks;

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

  private static final long RETENTION_MILLIS = 600_000;
  private static final long UNKNOWN = SimulatedMemory.UNKNOWN;

  private final LongSupplier micros;
  private final LongSupplier expiryMillis;
  private final Publisher publisher;
  private final Seeded seeded;
  private SimulatedMemory memory = new SimulatedMemory();
  private String run;

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
    this.expiryMillis = expiryMillis;
    this.publisher = publisher;
    this.run = run;
    this.seeded = seeded;
  }

  /** Starts again, with the memory of another time, or with none. */
  void restart(String newRun, @Nullable SimulatedMemory from) {
    var before = memory.node;
    memory = from == null ? new SimulatedMemory() : from.copy();
    run = newRun;
    if (seeded == Seeded.NO_MARK) {
      memory.node =
          new Standing(newRun, memory.node.high(), memory.node.base(), before.longest(), "");
    }
  }

  SimulatedMemory copy() {
    return memory.copy();
  }

  boolean isMember() {
    return memory.node.run().equals(run);
  }

  /** Returns whether an attempt has a lock here now. */
  boolean has(String lockKey, String attempt) {
    var lock = memory.locks.get(lockKey);
    return lock != null && lock.owner.equals(attempt) && lock.ends > micros.getAsLong();
  }

  /** Returns how many keys there are but the node's hash. */
  int keys() {
    memory.expire(expiryMillis.getAsLong());
    return memory.keys();
  }

  List<@Nullable Object> run(String script, List<String> keys, List<byte[]> args) {
    memory.expire(expiryMillis.getAsLong());
    List<String> texts = args.stream().map(arg -> new String(arg, UTF_8)).toList();
    return switch (script) {
      case "acquire" -> acquire(keys, texts);
      case "release" -> release(keys, texts);
      case "extend" -> extend(keys, texts);
      case "watch" -> watch(texts);
      default -> throw new UnsupportedOperationException(script);
    };
  }

  private List<@Nullable Object> acquire(List<String> keys, List<String> args) {
    String id = args.get(0);
    if (!isMember()) {
      return reply(-1L, run, mark(id));
    }
    if (memory.tombstones.containsKey(keys.get(4))) {
      return reply(-2L, run);
    }
    long lease = Long.parseLong(args.get(1));
    long now = micros.getAsLong();
    long asked = Long.parseLong(args.get(4));
    long ticket = asked == 0 ? now : Math.max(now - SKEW, Math.min(now + SKEW, asked));
    var lock = memory.locks.getOrDefault(keys.get(1), new Lock());
    if (!args.get(8).isEmpty() && lock.owner.equals(args.get(8))) {
      lock.ends = 0;
      lock.released = args.get(8);
    }
    if (lock.owner.equals(id)) {
      lock.ends = Math.max(lock.ends, now + lease);
    } else if (lock.ends <= now && !handOn(keys, lock, id, args.get(5), args.get(6), now)) {
      long tokens = Long.parseLong(args.get(9));
      grant(keys.get(1), lock, id, ticket, lease, Long.parseLong(args.get(2)), now, tokens);
    }
    if (lock.owner.equals(id)) {
      return reply(1L, run, now, lock.counter, lock.ticket);
    }
    long wait = Long.parseLong(args.get(3));
    if (wait > 0) {
      long tokens = Long.parseLong(args.get(9));
      var waiting = new Waiting(ticket, now + wait, lease, args.get(7), tokens);
      ticket = enqueue(keys.get(2), id, waiting);
    }
    return reply(
        0L, run, now, lock.counter, ticket, bytes(lock.owner), lock.ticket, lock.ends - now);
  }

  private List<@Nullable Object> release(List<String> keys, List<String> args) {
    String id = args.get(0);
    var lock = memory.locks.getOrDefault(keys.get(1), new Lock());
    boolean again = !args.get(5).equals("0");
    if (again && !(lock.owner.equals(id) && lock.counter == Long.parseLong(args.get(5)))) {
      return reply(0L);
    }
    if (args.get(1).equals("1")) {
      memory.leave(keys.get(2), id);
    }
    boolean isOwner =
        lock.owner.equals(id) || (seeded == Seeded.RELEASES_FOR_ANYBODY && !lock.owner.isEmpty());
    if (!args.get(2).equals("0")) {
      memory.tombstones.put(keys.get(4), expiryMillis.getAsLong() + Long.parseLong(args.get(2)));
    }
    if (!isOwner) {
      return reply(lock.released.equals(id) ? 1L : 0L);
    }
    boolean isHandedOn = false;
    boolean waits = memory.waits(keys.get(2));
    if (waits && !isMember()) {
      mark(id);
    } else if (waits) {
      long now = micros.getAsLong();
      if (again) {
        long alive = now + Long.parseLong(args.get(6));
        long lease = Long.parseLong(args.get(7));
        long tokens = Long.parseLong(args.get(9));
        enqueue(keys.get(2), id, new Waiting(now, alive, lease, args.get(8), tokens));
      }
      isHandedOn = handOn(keys, lock, "", args.get(3), args.get(4), now);
    }
    if (!isHandedOn) {
      lock.owner = "";
      lock.ends = 0;
      lock.released = id;
    }
    return reply(1L);
  }

  private List<@Nullable Object> extend(List<String> keys, List<String> args) {
    List<@Nullable Object> reply = reply(run);
    if (!isMember()) {
      mark(args.get(0));
      return reply;
    }
    long now = micros.getAsLong();
    for (int i = 1; i < keys.size(); i++) {
      var each = args.subList(4 * i - 4, 4 * i);
      long counter = extend(keys.get(i), each, now);
      reply.add(counter);
    }
    return reply;
  }

  private long extend(String key, List<String> args, long now) {
    String id = args.get(0);
    long lease = Long.parseLong(args.get(1));
    long token = Long.parseLong(args.get(2));
    var lock = memory.locks.getOrDefault(key, new Lock());
    long counter = lock.counter == UNKNOWN ? memory.node.high() : lock.counter;
    boolean isOwner = lock.owner.equals(id);
    boolean isLeft = !isOwner
        && args.get(3).equals("1")
        && lock.ends <= now
        && counter <= token
        && !lock.released.equals(id);
    if (!isOwner && !isLeft) {
      return seeded == Seeded.EXTENDS_FOR_ANYBODY ? Math.max(counter, token) : UNKNOWN;
    }
    lock.owner = id;
    lock.ends = Math.max(isOwner ? lock.ends : 0, now + lease);
    lock.counter = Math.max(counter, token);
    keep(key, lock, lease);
    return lock.counter;
  }

  private List<@Nullable Object> watch(List<String> args) {
    String seen = isMember() ? "" : mark(args.get(0));
    if (!isMember() && seen.equals(args.get(1))) {
      long base = args.get(2).equals("0") ? micros.getAsLong() : Long.parseLong(args.get(2));
      memory.node = new Standing(run, base, base, Long.parseLong(args.get(3)), "");
    }
    return isMember()
        ? reply(1L, run, memory.node.high(), memory.node.longest(), 0L)
        : reply(0L, run, seen, 0L);
  }

  /** Gives the lock to the first in the line who hears of it; returns whether there is one. */
  private boolean handOn(
      List<String> keys, Lock lock, String id, String channels, String name, long now) {
    for (String first = memory.first(keys.get(2));
        first != null;
        first = memory.first(keys.get(2))) {
      var waiting = memory.waiting(keys.get(2), first);
      memory.leave(keys.get(2), first);
      if (waiting.alive() <= now) {
        continue;
      }
      grant(keys.get(1), lock, first, waiting.ticket(), waiting.lease(), 0, now, waiting.tokens());
      String message = first + " " + lock.counter + " " + now + " " + name;
      String inbox = channels + first.substring(0, first.indexOf(':'));
      if (first.equals(id)
          || publisher.publish(inbox, message.getBytes(UTF_8)) > 0
          || waiting.listens().equals("0")) {
        return true;
      }
      lock.ends = 0;
    }
    return false;
  }

  private void grant(
      String key, Lock lock, String id, long ticket, long lease, long hint, long now, long tokens) {
    long known = lock.counter == UNKNOWN ? memory.node.high() : lock.counter;
    long more = seeded == Seeded.TOKENS_NOT_RESERVED ? 1 : tokens;
    lock.counter = Math.max(Math.max(known, memory.node.base()), hint) + more;
    lock.owner = id;
    lock.ends = now + lease;
    lock.ticket = ticket;
    keep(key, lock, lease);
  }

  private void keep(String key, Lock lock, long lease) {
    memory.locks.put(key, lock);
    long now = expiryMillis.getAsLong();
    if (lock.expires < now + lease / 1_000 + RETENTION_MILLIS) {
      lock.expires = now + lease / 1_000 + 2 * RETENTION_MILLIS;
    }
    memory.node = new Standing(
        memory.node.run(),
        Math.max(memory.node.high(), lock.counter),
        memory.node.base(),
        Math.max(memory.node.longest(), lease),
        memory.node.seen());
  }

  private long enqueue(String key, String id, Waiting waiting) {
    return memory.enqueue(key, id, waiting, expiryMillis.getAsLong() + RETENTION_MILLIS);
  }

  private String mark(String nonce) {
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

  private static List<@Nullable Object> reply(Object... elements) {
    List<@Nullable Object> reply = new ArrayList<>();
    for (Object each : elements) {
      reply.add(each instanceof String text ? bytes(text) : each);
    }
    return reply;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }

  /** Where messages go. */
  interface Publisher {

    /** Returns how many subscribers got a message. */
    int publish(String channel, byte[] message);
  }
}
