package dev.scaling.jmh;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisServer;
import dev.scaling.testkit.RedisServers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** A real Redis server, and what was opened on it, to be closed in reverse order. */
final class Lab implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final RedisServer server = opened(RedisServers.single());

  RedisServer server() {
    return server;
  }

  /** Opens a client with Redisson's own defaults. */
  RedissonClient client() {
    var config = new Config();
    config.useSingleServer().setAddress(server.address());
    var client = Redisson.create(config);
    opened(client::shutdown);
    return client;
  }

  /** Opens a port with a client of its own, and returns once Redis answers it. */
  Redis port() {
    return portTo(server.address());
  }

  /** Opens a port to another server. */
  Redis portTo(String address) {
    var port = opened(Redis.connect(address));
    long start = System.nanoTime();
    while (true) {
      try {
        port.get("scaling:any", PATIENCE).join();
        return port;
      } catch (CompletionException e) { // the first attempts to connect may fail on a busy machine
        if (System.nanoTime() - start > PATIENCE.toNanos()) {
          throw e;
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  <T extends AutoCloseable> T opened(T resource) {
    open.push(resource);
    return resource;
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("none of what is opened here throws at its end", e);
      }
    }
  }
}
