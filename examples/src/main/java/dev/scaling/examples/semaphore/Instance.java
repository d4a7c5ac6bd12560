package dev.scaling.examples.semaphore;

import dev.scaling.concurrency.semaphore.DistributedSemaphore;
import dev.scaling.core.redis.Redis;
import java.time.Duration;

/** An instance of the service, with its own connection. */
final class Instance implements AutoCloseable {

  private final Redis redis;
  private final DistributedSemaphore semaphore;

  Instance(String address) {
    redis = Redis.connect(address);
    redis.ready(Duration.ofSeconds(30)).join();
    semaphore = DistributedSemaphore.builder("jobs", redis)
        .permits(SemaphoreMain.PERMITS)
        .lease(SemaphoreMain.LEASE)
        .redisTimeout(Duration.ofSeconds(1))
        .build();
  }

  DistributedSemaphore semaphore() {
    return semaphore;
  }

  /** From now on no call reaches Redis. */
  void cutOff() {
    redis.close();
  }

  @Override
  public void close() {
    semaphore.close();
    redis.close();
  }
}
