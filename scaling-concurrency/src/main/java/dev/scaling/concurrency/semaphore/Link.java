package dev.scaling.concurrency.semaphore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Handover;
import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Ties a block to Redis and to the clock: sends what it asks for, and asks it when to send more.
 */
final class Link implements Redis.Listener {

  final Block block;
  private final Redis redis;
  private final Time time;
  private final LuaScript script;
  private final Duration timeout;
  private final List<String> keys;
  private final byte[] instance;
  private final byte[] permits;
  private final byte[] leaseMicros;
  private final byte[] channels;
  private final Redis.Subscription subscription;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private Time.@Nullable Cancellable timer;
  private long timerNanos;

  @SuppressWarnings("this-escape") // the last statement: the listener finds all else in place
  Link(DistributedSemaphoreBuilder builder, Redis redis, Handover handover) {
    this.redis = redis;
    time = builder.time;
    script = builder.script;
    timeout = builder.redisTimeout;
    String id = UUID.randomUUID().toString();
    String prefix = builder.prefix + ":" + builder.name;
    String tag = ":1:{" + builder.name + "}";
    keys = List.of(prefix + ":b" + tag, prefix + ":l" + tag, prefix + ":w" + tag);
    String channel = prefix + ":c" + tag + ":";
    instance = id.getBytes(US_ASCII);
    permits = bytes(builder.permits);
    leaseMicros = bytes(builder.lease.toNanos() / 1_000);
    channels = channel.getBytes(US_ASCII);
    block = new Block(builder, handover, this::step);
    subscription = redis.subscribe(channel + id, this);
  }

  @Override
  public void onMessage(byte[] message) {
    switch (new String(message, UTF_8)) {
      case "granted" -> block.hearGranted();
      case "contended" -> block.hearContended();
      default -> {} // anybody may publish anything
    }
  }

  @Override
  public void onSubscribed() {
    block.hearSubscribed();
  }

  void close() {
    block.close();
    subscription.close();
  }

  /** Does what is due, and sets the timer for what comes next. */
  void step() {
    var step = block.next();
    arm(step.waitNanos());
    var request = step.request();
    if (request != null) {
      send(request);
    }
  }

  private void send(Request request) {
    List<byte[]> args = List.of(
        instance,
        bytes(request.number()),
        bytes(request.most()),
        bytes(request.want()),
        bytes(request.waits() ? 1 : 0),
        permits,
        leaseMicros,
        bytes(request.fencingTokens()),
        channels);
    redis.eval(script, keys, args, timeout).thenApply(Reply::of).whenComplete((reply, failure) -> {
      if (failure == null) {
        block.answered(request, reply);
      } else {
        block.failed(request, failure.getCause() == null ? failure : failure.getCause());
      }
    });
  }

  /** A timer that is set for earlier stays: the block then says how long there still is. */
  private void arm(long waitNanos) {
    if (waitNanos == Step.FOREVER) {
      return;
    }
    lock.lock();
    try {
      long due = time.nanoTime() + waitNanos;
      if (timer != null && timerNanos - due <= 0) {
        return;
      }
      if (timer != null) {
        timer.cancel();
      }
      timerNanos = due;
      timer = time.schedule(this::due, Duration.ofNanos(waitNanos));
    } finally {
      lock.unlock();
    }
  }

  private void due() {
    lock.lock();
    try {
      timer = null;
    } finally {
      lock.unlock();
    }
    step();
  }

  private static byte[] bytes(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }
}
