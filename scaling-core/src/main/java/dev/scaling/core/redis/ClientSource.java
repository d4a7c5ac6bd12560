package dev.scaling.core.redis;

import dev.scaling.core.Time;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RedissonClient;

/**
 * Opens a client in the background, and holds what is called until it is there.
 *
 * <p>Redisson opens connections on the thread that creates it, which takes as long as Redis is
 * away. Calls made during the first attempt wait for it; once an attempt has failed, calls fail at
 * once until one succeeds.
 */
final class ClientSource {

  private static final System.Logger LOGGER = System.getLogger(Redis.class.getName());
  private static final Duration PAUSE = Duration.ofMillis(250);
  private static final long WARN_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final String address;
  private final Time time;
  private final Outcomes outcomes;
  private final Consumer<RedissonClient> opened;
  private final Consumer<Call<?>> send;
  private final ExecutorService threads = Executors.newCachedThreadPool(OwnClient.daemons());
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Queue<Call<?>> waiting = new ArrayDeque<>();
  private @Nullable RedissonClient client;
  private @Nullable Throwable lastFailure;
  private long lastWarningNanos;
  private boolean opening;
  private boolean closed;

  /**
   * Creates a source that is not open yet.
   *
   * @param opened takes the client, once, under a lock; from then on calls no longer come here
   * @param send takes the calls that waited for the client
   */
  ClientSource(
      RedisBuilder builder,
      Outcomes outcomes,
      Consumer<RedissonClient> opened,
      Consumer<Call<?>> send) {
    this.address = builder.address();
    this.time = builder.time;
    this.outcomes = outcomes;
    this.opened = opened;
    this.send = send;
  }

  void open() {
    try {
      begin();
    } catch (Throwable e) { // no thread to be had; as long as nobody tries again, all calls fail
      failed(e);
      endThreads();
    }
  }

  private void begin() {
    lock.lock();
    try {
      if (!closed) {
        opening = true;
        threads.execute(this::tryOpen);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Keeps a call until the client is open, or fails it; returns whether the client is open. */
  boolean isOpenOrKeeps(Call<?> call) {
    lock.lock();
    try {
      if (client != null) {
        return true;
      }
      if (closed) {
        call.fail(Failure.CLOSED, "the port was closed", null);
      } else if (lastFailure == null) {
        waiting.add(call);
      } else {
        notConnected(call, lastFailure);
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  long expire(long nowNanos) {
    long next = Call.expireAll(kept(), nowNanos, -1, outcomes); // their callers may call again
    lock.lock();
    try {
      waiting.removeIf(Call::isDone);
      return next;
    } finally {
      lock.unlock();
    }
  }

  void close() {
    RedissonClient open;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      open = client;
    } finally {
      lock.unlock();
    }
    takeWaiting().forEach(call -> call.fail(Failure.CLOSED, "the port was closed", null));
    if (open != null) {
      OwnClient.end(open);
    }
    endThreads();
  }

  private void tryOpen() {
    try {
      var created = OwnClient.connect(address, threads);
      if (hasOpened(created)) {
        takeWaiting().forEach(send);
      } else {
        OwnClient.end(created);
      }
    } catch (Throwable e) { // an error too, as of a process out of threads, may pass
      failed(e);
    } finally {
      endThreads();
    }
  }

  /** Passes the client on, unless it comes too late. */
  private boolean hasOpened(RedissonClient created) {
    lock.lock();
    try {
      opening = false;
      if (closed) {
        return false;
      }
      opened.accept(created);
      client = created;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the threads, if there is nothing left that needs them. */
  private void endThreads() {
    lock.lock();
    try {
      if (closed && !opening) {
        threads.shutdown();
      }
    } finally {
      lock.unlock();
    }
  }

  private void failed(Throwable failure) {
    boolean again;
    boolean warn;
    lock.lock();
    try {
      opening = false;
      again = !closed;
      long now = time.nanoTime();
      warn = again && (lastFailure == null || now - lastWarningNanos >= WARN_PAUSE_NANOS);
      lastWarningNanos = warn ? now : lastWarningNanos;
      lastFailure = failure;
    } finally {
      lock.unlock();
    }
    takeWaiting().forEach(call -> notConnected(call, failure));
    if (warn) {
      String where = RedisBuilder.withoutSecrets(address);
      LOGGER.log(
          Level.WARNING,
          "cannot connect to " + where + " yet, trying on: " + Failures.root(failure));
    }
    if (again) {
      time.schedule(this::open, PAUSE);
    }
  }

  private void notConnected(Call<?> call, Throwable failure) {
    String reason = "not connected: " + Failures.root(failure);
    call.fail(Failure.NOT_SENT, reason, Failures.cause(failure), outcomes);
  }

  private Collection<Call<?>> kept() {
    lock.lock();
    try {
      return List.copyOf(waiting);
    } finally {
      lock.unlock();
    }
  }

  private Queue<Call<?>> takeWaiting() {
    lock.lock();
    try {
      var taken = new ArrayDeque<>(waiting);
      waiting.clear();
      return taken;
    } finally {
      lock.unlock();
    }
  }
}
