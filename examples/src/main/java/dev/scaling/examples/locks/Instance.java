package dev.scaling.examples.locks;

import dev.scaling.core.redis.Redis;
import dev.scaling.locks.DistributedLock;
import dev.scaling.locks.LockService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** An instance of the service, with connections of its own. */
final class Instance implements AutoCloseable {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final List<Redis> connections = new ArrayList<>();
  private final LockService locks;

  Instance(String name, List<String> addresses) throws InterruptedException {
    var builder = LockService.builder("stock")
        .instance(name)
        .lease(LocksMain.LEASE)
        .nodeTimeout(Duration.ofMillis(400));
    for (int i = 0; i < addresses.size(); i++) {
      var redis = Redis.connect(addresses.get(i));
      connections.add(redis);
      builder.node("redis-" + i, redis);
    }
    connections.forEach(redis -> redis.ready(LONG).join());
    locks = builder.build();
    try {
      locks.ready(LONG).get(); // new servers grant nothing for as long as a lease
    } catch (ExecutionException e) {
      throw new IllegalStateException("no quorum of nodes grants locks", e);
    }
  }

  DistributedLock lock() {
    return locks.lock("article:7");
  }

  /** From now on no call reaches Redis. */
  void cutOff() {
    connections.forEach(Redis::close);
  }

  @Override
  public void close() {
    locks.close();
    connections.forEach(Redis::close);
  }
}
