package dev.scaling.core.redis;

import io.netty.util.HashedWheelTimer;
import java.lang.System.Logger.Level;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.config.Config;

/** How a client that belongs to a port is made and ended. */
final class OwnClient {

  private static final System.Logger LOGGER = System.getLogger(Redis.class.getName());
  private static final int CONNECT_TIMEOUT_MILLIS = 1_000;
  private static final int SHUTDOWN_MILLIS = 200;

  private OwnClient() {}

  /** Creates a client that lives on the given threads, and waits for its first connection. */
  static RedissonClient connect(String address, ExecutorService threads) {
    var created = (Redisson) Redisson.create(config(address, threads));
    try {
      var connections = created.getCommandExecutor().getConnectionManager();
      daemonize(connections.getServiceManager().getTimer());
      connections.connect();
      return created;
    } catch (RuntimeException | Error e) {
      end(created);
      throw e;
    }
  }

  /**
   * Ends a client. By default Redisson waits for its commands, for up to the longest of their
   * timeouts; the callers of ours have been told already.
   */
  static void end(RedissonClient client) {
    client.shutdown(0, SHUTDOWN_MILLIS, TimeUnit.MILLISECONDS);
  }

  static ThreadFactory daemons() {
    var number = new AtomicInteger();
    return work -> {
      var thread = new Thread(work, "scaling-redis-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
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

  private static Config config(String address, ExecutorService threads) {
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
}
