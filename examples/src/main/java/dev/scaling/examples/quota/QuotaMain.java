package dev.scaling.examples.quota;

import dev.scaling.concurrency.limit.Allotment;
import dev.scaling.concurrency.limit.RateLimit;
import dev.scaling.concurrency.limit.RateLimiter;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisServer;
import dev.scaling.testkit.RedisServers;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Two instances of a service, each asked by two tenants as fast as it answers: a tenant may have
 * 100 permits a second, and the service 150. How many are granted, and how many scripts does that
 * cost?
 *
 * <p>Run: {@code mvn -q -B -ntp -Pquota -pl examples -am -DskipTests package}
 */
public final class QuotaMain {

  private static final Duration LENGTH = Duration.ofSeconds(5);
  private static final int TENANT = 100;
  private static final int SERVICE = 150;

  private QuotaMain() {}

  /** Runs for some seconds on a Redis of its own, and prints what was granted. */
  public static void main(String[] args) throws InterruptedException {
    run(LENGTH, System.out);
  }

  static void run(Duration length, PrintStream out) throws InterruptedException {
    try (RedisServer server = RedisServers.single();
        Instance one = new Instance(server.address());
        Instance two = new Instance(server.address())) {
      long before = scripts(server);
      List<Thread> callers = new ArrayList<>();
      long end = System.nanoTime() + length.toNanos();
      for (Instance instance : List.of(one, two)) {
        for (String tenant : List.of("ada", "bob")) {
          callers.add(new Thread(() -> instance.callUntil(end, tenant)));
        }
      }
      callers.forEach(Thread::start);
      for (Thread caller : callers) {
        caller.join();
      }
      long granted = one.granted() + two.granted();
      long calls = granted + one.refused() + two.refused();
      long most = SERVICE + SERVICE * length.toMillis() / 1_000;
      out.println(calls + " calls by two tenants of two instances in " + length);
      out.println(granted + " granted, of at most " + most + " (burst and rate of the service)");
      out.println((scripts(server) - before) + " scripts");
      out.println((granted <= most ? "PASS" : "FAIL") + " never above the limit");
    }
  }

  private static long scripts(RedisServer server) {
    return server.commandCounts().getOrDefault("evalsha", 0L);
  }

  /** An instance of the service, with its own connection. */
  private static final class Instance implements AutoCloseable {

    private final Redis redis;
    private final RateLimiter service;
    private final RateLimiter tenants;

    Instance(String address) {
      redis = Redis.connect(address);
      redis.ready(Duration.ofSeconds(30)).join();
      service = RateLimiter.builder("service", redis)
          .limit("all", RateLimit.perSecond(SERVICE))
          .allotment(Allotment.strict(Duration.ofMillis(50)))
          .redisTimeout(Duration.ofSeconds(5))
          .build();
      tenants = RateLimiter.builder("tenants", redis)
          .limit("each", RateLimit.perSecond(TENANT))
          .within(service, "all")
          .redisTimeout(Duration.ofSeconds(5))
          .build();
    }

    void callUntil(long endNanos, String tenant) {
      while (System.nanoTime() - endNanos < 0) {
        tenants.tryAcquire(tenant);
      }
    }

    long granted() {
      return tenants.snapshot().permitsGranted();
    }

    long refused() {
      return service.snapshot().callsRefused() + tenants.snapshot().callsRefused();
    }

    @Override
    public void close() {
      tenants.close();
      service.close();
      redis.close();
    }
  }
}
