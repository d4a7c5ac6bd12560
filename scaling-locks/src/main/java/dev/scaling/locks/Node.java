package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.scaling.core.redis.Redis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One of the Redis masters: what is said to it, and how. */
final class Node {

  private static final byte[] ONE = {'1'};
  private static final byte[] ZERO = {'0'};
  private static final byte[] TWO = {'2'};

  final int index;
  final String name;
  final Redis redis;
  private final Scripts scripts;
  private final Keys keys;
  private final Duration timeout;

  /** How many attempts it must be told again that they gave the lock back. */
  final AtomicInteger toTell = new AtomicInteger();

  /** Whether a message that nobody here gets is lost; false while that is not known. */
  volatile boolean listens;

  /** The run id of the server that answered last. */
  volatile @Nullable String run;

  Node(int index, String name, Redis redis, LockServiceBuilder builder, Keys keys) {
    this.index = index;
    this.name = name;
    this.redis = redis;
    this.keys = keys;
    scripts = builder.scripts;
    timeout = builder.nodeTimeout;
  }

  /** Asks for a lock; see acquire.lua. */
  CompletableFuture<Answer> acquire(Call call) {
    String text = call.attempt()
        + " " + call.leaseMicros()
        + " " + call.hint()
        + " " + call.waitMicros()
        + " " + call.ticket()
        + (listens ? " 1 " : " 0 ")
        + call.access().code
        + " " + call.tokens()
        + call.released();
    return redis
        .eval(
            scripts.acquire(), keys.all(call.lock(), call.attempt()), List.of(ascii(text)), timeout)
        .thenApply(reply -> {
          var answer = Answer.of(reply);
          run = answer.run();
          return answer;
        });
  }

  /**
   * Gives a lock back, or the place in its line.
   *
   * @param waited whether the attempt may stand in the line
   * @param onTheWay for how long its call may still arrive; zero if it was answered
   * @return whether the attempt had the lock
   */
  CompletableFuture<Boolean> release(
      String lock, String attempt, boolean waited, Duration onTheWay) {
    long millis = onTheWay.toMillis();
    String text = attempt + (waited ? " 1 " : " 0 ") + millis;
    return release(millis == 0 ? keys.all(lock) : keys.all(lock, attempt), text);
  }

  /** Lets others go first: gives a lock back, and stands in line again, at its end. */
  CompletableFuture<Boolean> standAgain(String lock, String attempt, Again again) {
    String text = attempt
        + " 1 0 " + again.counter()
        + " " + again.waitMicros()
        + " " + again.leaseMicros()
        + (listens ? " 1 " : " 0 ")
        + again.tokens();
    return release(keys.all(lock), text);
  }

  private CompletableFuture<Boolean> release(List<String> names, String text) {
    return redis
        .eval(scripts.release(), names, List.of(ascii(text)), timeout)
        .thenApply(reply -> Answer.number(reply.get(0)) == 1);
  }

  /**
   * Extends leases, at most some hundred at once.
   *
   * @return for each the counter, or -1 if the attempt does not have the lock here; {@code null} if
   *     the node is no member
   */
  CompletableFuture<long @Nullable []> extend(List<Extension> extensions) {
    List<String> names = new ArrayList<>(2 * extensions.size() + 1);
    List<byte[]> args = new ArrayList<>(4 * extensions.size());
    names.add(keys.node());
    for (Extension each : extensions) {
      if (each.reads()) {
        names.add(keys.readers(each.lock()));
      }
      names.add(keys.lock(each.lock()));
      args.add(ascii(each.attempt()));
      args.add(digits(each.leaseMicros()));
      args.add(digits(each.counter()));
      args.add(each.reads() ? TWO : each.mayRepair() ? ONE : ZERO);
    }
    return redis.eval(scripts.extend(), names, args, timeout).thenApply(reply -> {
      run = Answer.text(reply.get(0));
      if (reply.size() == 1) {
        return null;
      }
      var counters = new long[extensions.size()];
      for (int i = 0; i < counters.length; i++) {
        counters[i] = Math.max(-1, Answer.number(reply.get(i + 1)));
      }
      return counters;
    });
  }

  /** Asks how the node stands. */
  CompletableFuture<Standing> standing(String nonce) {
    return standing(nonce, "", 0, 1);
  }

  /**
   * Makes the node a member, if it still bears a mark.
   *
   * @param base the counter that it begins with, or 0 for its clock
   */
  CompletableFuture<Standing> standing(String nonce, String mark, long base, long longestMicros) {
    List<byte[]> args = List.of(ascii(nonce), ascii(mark), digits(base), digits(longestMicros));
    return redis.eval(scripts.watch(), List.of(keys.node()), args, timeout).thenApply(reply -> {
      var standing = Standing.of(reply);
      run = standing.run();
      return standing;
    });
  }

  @Override
  public String toString() {
    return name;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  private static byte[] digits(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }

  /**
   * A call for a lock.
   *
   * @param hint the greatest counter of the lock that is known here
   * @param waitMicros for how long it waits without a further word
   * @param ticket its place in the line, or 0 for the next
   * @param released attempts of this instance that have just given the lock back, a space before
   *     each
   * @param access what it wants of the lock
   * @param tokens by how much a writer's grant makes the counter greater: for how many leases it is
   *     good
   */
  record Call(
      String lock,
      String attempt,
      long leaseMicros,
      long hint,
      long waitMicros,
      long ticket,
      String released,
      Access access,
      long tokens) {}

  /** What an attempt wants of a lock. */
  enum Access {
    WRITE("0"),
    READ("1"),

    /** It reads, and has another node: it joins the readers of this one, whoever waits. */
    READ_WITH_OTHERS("2");

    final String code;

    Access(String code) {
      this.code = code;
    }
  }

  /**
   * How an attempt that gives a lock back stands in line again.
   *
   * @param counter of the grant that it gives back; it keeps a later one
   * @param waitMicros for how long it waits without a further word
   * @param leaseMicros the lease it wants then
   * @param tokens by how much that grant makes the counter greater
   */
  record Again(long counter, long waitMicros, long leaseMicros, long tokens) {}

  /**
   * A lease to extend.
   *
   * @param counter the one of its fencing token
   * @param mayRepair whether a node that has lost the lock may take it again; no reader's
   */
  record Extension(
      String lock,
      String attempt,
      long leaseMicros,
      long counter,
      boolean mayRepair,
      boolean reads) {}

  /**
   * How a node stands.
   *
   * @param mark what it is watched by, if it is no member
   * @param high the greatest counter it has seen, if it is one
   * @param longestMicros the longest lease it knows of, if it is one
   * @param evicts whether it may throw keys away when its memory is full
   */
  record Standing(
      String run, @Nullable String mark, long high, long longestMicros, boolean evicts) {

    static Standing of(List<@Nullable Object> reply) {
      String run = Answer.text(reply.get(1));
      if (Answer.number(reply.get(0)) == 1) {
        boolean evicts = Answer.number(reply.get(4)) == 1;
        return new Standing(
            run, null, Answer.positive(reply.get(2)), Answer.positive(reply.get(3)), evicts);
      }
      return new Standing(run, Answer.text(reply.get(2)), 0, 0, Answer.number(reply.get(3)) == 1);
    }

    boolean isMember() {
      return mark == null;
    }
  }
}
