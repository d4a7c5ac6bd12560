package dev.scaling.core.redis;

import dev.scaling.core.Time;
import dev.scaling.core.redis.RedisCallException.Failure;
import io.netty.util.HashedWheelTimer;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.config.Config;

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
  private static final int CONNECT_TIMEOUT_MILLIS = 1_000;

  private final String address;
  private final Time time;
  private final Consumer<RedissonClient> opened;
  private final Consumer<Call<?>> send;
  private final ExecutorService threads = Executors.newCachedThreadPool(daemons());
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Queue<Call<?>> waiting = new ArrayDeque<>();
  private @Nullable RedissonClient client;
  private @Nullable Exception lastFailure;
  private boolean closed;

  /**
   * Creates a source that is not open yet.
   *
   * @param opened takes the client, once, under a lock; from then on calls no longer come here
   * @param send takes the calls that waited for the client
   */
  ClientSource(String address, Time time, Consumer<RedissonClient> opened, Consumer<Call<?>> send) {
    this.address = address;
    this.time = time;
    this.opened = opened;
    this.send = send;
  }

  void open() {
    threads.execute(this::tryOpen);
  }

  /** Keeps a call until the client is open, or fails it; returns whether the client is open. */
  boolean isOpenOrKeeps(Call<?> call) {
    lock.lock();
    try {
      if (client != null) {
        return true;
      }
      if (lastFailure == null) {
        waiting.add(call);
        return false;
      }
      call.fail(Failure.NOT_SENT, "not connected: " + lastFailure.getMessage(), lastFailure);
      return false;
    } finally {
      lock.unlock();
    }
  }

  long expire(long nowNanos, Outcomes outcomes) {
    lock.lock();
    try {
      long next = Call.expireAll(waiting, nowNanos, -1, outcomes);
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
      closed = true;
      open = client;
    } finally {
      lock.unlock();
    }
    takeWaiting().forEach(call -> call.fail(Failure.CLOSED, "closed", null));
    if (open != null) {
      open.shutdown();
    }
    threads.shutdown();
  }

  private void tryOpen() {
    RedissonClient created;
    try {
      created = connected();
    } catch (RuntimeException e) {
      failed(e);
      return;
    }
    boolean tooLate;
    lock.lock();
    try {
      tooLate = closed;
      client = created;
      opened.accept(created);
    } finally {
      lock.unlock();
    }
    if (tooLate) {
      created.shutdown();
      return;
    }
    takeWaiting().forEach(send);
  }

  /** Creates a client and waits for its first connection. */
  private RedissonClient connected() {
    var created = (Redisson) Redisson.create(config());
    try {
      var connections = created.getCommandExecutor().getConnectionManager();
      daemonize(connections.getServiceManager().getTimer());
      connections.connect();
      return created;
    } catch (RuntimeException e) {
      created.shutdown();
      throw e;
    }
  }

  /**
   * Makes the timer's thread a daemon before it starts, so that a port which nobody closed does not
   * keep the program alive. Redisson has no setting for it; without access the thread stays as it
   * is, and {@link Redis#close()} ends it.
   */
  private static void daemonize(HashedWheelTimer timer) {
    try {
      var thread = HashedWheelTimer.class.getDeclaredField("workerThread");
      thread.setAccessible(true);
      ((Thread) thread.get(timer)).setDaemon(true);
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOGGER.log(Level.DEBUG, "Redisson's timer thread stays as it is", e);
    }
  }

  private void failed(RuntimeException failure) {
    boolean again;
    boolean first;
    lock.lock();
    try {
      again = !closed;
      first = lastFailure == null;
      lastFailure = failure;
    } finally {
      lock.unlock();
    }
    takeWaiting()
        .forEach(
            call -> call.fail(Failure.NOT_SENT, "not connected: " + failure.getMessage(), failure));
    if (first && again) {
      LOGGER.log(Level.WARNING, "cannot connect to Redis yet, trying on: " + failure.getMessage());
    }
    if (again) {
      time.schedule(this::openAgain, PAUSE);
    }
  }

  private void openAgain() {
    lock.lock();
    try {
      if (!closed) {
        threads.execute(this::tryOpen);
      }
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

  private Config config() {
    var config = new Config();
    config.setCodec(ByteArrayCodec.INSTANCE);
    config.setLazyInitialization(true); // or the timer starts before we can reach it
    config.setNettyThreads(2);
    config.setThreads(2);
    config.setNettyExecutor(threads);
    config.setExecutor(threads);
    config
        .useSingleServer()
        .setAddress(address)
        .setRetryAttempts(0)
        .setConnectTimeout(CONNECT_TIMEOUT_MILLIS)
        .setTimeout(CONNECT_TIMEOUT_MILLIS)
        .setConnectionMinimumIdleSize(1)
        .setConnectionPoolSize(16)
        .setSubscriptionConnectionMinimumIdleSize(1)
        .setSubscriptionConnectionPoolSize(4);
    return config;
  }

  private static ThreadFactory daemons() {
    var number = new AtomicInteger();
    return work -> {
      var thread = new Thread(work, "scaling-redis-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
