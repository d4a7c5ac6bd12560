package dev.scaling.locks;

import dev.scaling.core.redis.Redis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.redisson.Redisson;
import org.redisson.RedissonRedLock;
import org.redisson.api.RLock;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** Takes locks: ours, or those that are compared with them. */
interface Locker {

  Duration LEASE = Duration.ofMillis(1_500);
  Duration NODE_TIMEOUT = Duration.ofMillis(300);

  /** The name that is not of a lock but of a semaphore, where there are any. */
  String SEMAPHORE = "s";

  /** Takes a lock, if it can be had in time. */
  Optional<Holding> acquire(String lock, Duration maxWait);

  /** Takes a lock as a reader, if it can be had in time. */
  default Optional<Holding> read(String lock, Duration maxWait) {
    throw new UnsupportedOperationException("no readers");
  }

  default boolean hasReaders() {
    return false;
  }

  /** A lock that is had. */
  interface Holding {

    /** Its name; of a permit, the one that it has in its semaphore. */
    String lock();

    long fencingToken();

    boolean isValid();

    Duration remaining();

    void extend();

    void release();
  }

  /** Whose locks. */
  enum Kind {
    /** Ours; leases are renewed. */
    RENEWED,

    /** Ours; leases are never renewed unless their holder asks for it. */
    FIXED,

    /** Those of Redisson's {@code RedissonRedLock}. */
    RED_LOCK;

    Locker connect(List<String> addresses) {
      return this == RED_LOCK ? new RedLocks(addresses) : new Ours(addresses, this == RENEWED);
    }
  }

  /** Ours. */
  final class Ours implements Locker {

    private final LockService service;

    Ours(List<String> addresses, boolean isRenewed) {
      var builder = LockService.builder("nemesis")
          .scripts(Scripts.withClock("shifted"))
          .lease(LEASE)
          .nodeTimeout(NODE_TIMEOUT)
          .maxHold(isRenewed ? Duration.ofMinutes(10) : Duration.ofMillis(50));
      for (int i = 0; i < addresses.size(); i++) {
        builder.node("node-" + i, Redis.connect(addresses.get(i)));
      }
      service = builder.build();
      service.ready(Duration.ofMinutes(1)).join();
    }

    @Override
    public Optional<Holding> acquire(String lock, Duration maxWait) {
      return lock.equals(SEMAPHORE)
          ? holding(() -> service.semaphore(lock, PermitModel.PERMITS).tryAcquire(maxWait))
          : holding(() -> service.lock(lock).tryAcquire(maxWait));
    }

    @Override
    public Optional<Holding> read(String lock, Duration maxWait) {
      return holding(() -> service.readWrite(lock).read().tryAcquire(maxWait));
    }

    @Override
    public boolean hasReaders() {
      return true;
    }

    private static Optional<Holding> holding(Supplier<Optional<Lease>> acquire) {
      try {
        return acquire.get().map(OurHolding::new);
      } catch (LocksUnavailableException e) {
        return Optional.empty();
      }
    }
  }

  /** A lease. */
  record OurHolding(Lease lease) implements Holding {

    @Override
    public String lock() {
      return lease.lock();
    }

    @Override
    public long fencingToken() {
      return lease.fencingToken();
    }

    @Override
    public boolean isValid() {
      return lease.isValid();
    }

    @Override
    public Duration remaining() {
      return lease.remaining();
    }

    @Override
    public void extend() {
      lease.extend(LEASE);
    }

    @Override
    public void release() {
      lease.close();
    }
  }

  /** Redisson's, as its users must take them: valid for as long as they were asked for. */
  final class RedLocks implements Locker {

    private final List<RedissonClient> clients = new ArrayList<>();

    RedLocks(List<String> addresses) {
      for (String address : addresses) {
        var config = new Config();
        config
            .useSingleServer()
            .setAddress(address)
            .setConnectionMinimumIdleSize(2)
            .setConnectionPoolSize(4)
            .setSubscriptionConnectionMinimumIdleSize(1);
        clients.add(Redisson.create(config));
      }
    }

    @Override
    public Optional<Holding> acquire(String lock, Duration maxWait) {
      var locks = clients.stream().map(client -> client.getLock(lock)).toArray(RLock[]::new);
      @SuppressWarnings("deprecation") // that it fails is what is to be shown
      var redLock = new RedissonRedLock(locks);
      try {
        if (redLock.tryLock(maxWait.toMillis(), LEASE.toMillis(), TimeUnit.MILLISECONDS)) {
          return Optional.of(new RedHolding(lock, redLock, System.nanoTime()));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("interrupted");
      } catch (RuntimeException e) {
        // Some node did not answer.
      }
      return Optional.empty();
    }
  }

  /** It has no token: when it was acquired is in its place. */
  record RedHolding(String lock, RLock redLock, long fencingToken) implements Holding {

    @Override
    public boolean isValid() {
      return !remaining().isNegative();
    }

    @Override
    public Duration remaining() {
      return LEASE.minusNanos(System.nanoTime() - fencingToken);
    }

    @Override
    public void extend() {}

    @Override
    public void release() {
      try {
        redLock.unlock();
      } catch (RuntimeException e) {
        // It was not there any more.
      }
    }
  }
}
