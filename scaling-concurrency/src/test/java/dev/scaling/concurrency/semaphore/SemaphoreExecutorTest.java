package dev.scaling.concurrency.semaphore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Executors that fail, and callers who complete what is not theirs. */
@Timeout(20)
final class SemaphoreExecutorTest {

  private final ScriptedRedis redis = new ScriptedRedis();

  @Test
  void callThatIsCompletedByItsCaller_leavesTheLine() {
    var semaphore = redis.semaphore(1);
    var held = redis.acquire(semaphore);
    var call = semaphore.acquireAsync(Duration.ofMinutes(1));
    call.complete(held);
    assertThat(semaphore.snapshot().waiting()).isZero();
    held.close();
  }

  @Test
  void executorThatThrowsForOneLostPermit_disturbsNoOther() {
    var time = new VirtualTime();
    var refusals = new AtomicInteger();
    var last = new ArrayDeque<CompletableFuture<List<Object>>>();
    var port = (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(),
        new Class<?>[] {Redis.class},
        (proxy, method, args) -> switch (method.getName()) {
          case "eval" -> {
            last.add(new CompletableFuture<>());
            yield last.getLast();
          }
          default -> (Redis.Subscription) () -> {};
        });
    var semaphore = DistributedSemaphore.builder("test", port)
        .permits(2)
        .time(time)
        .random(() -> 0)
        .executor(task -> {
          if (refusals.getAndDecrement() > 0) {
            throw new IllegalStateException("full");
          }
          task.run();
        })
        .build();
    var one = semaphore.acquireAsync(Duration.ofMinutes(1));
    var two = semaphore.acquireAsync(Duration.ofMinutes(1));
    for (int i = 0; i < 3; i++) {
      var all = List.copyOf(last);
      last.clear();
      all.forEach(
          each -> each.complete(List.of(2L, 0L, 0L, "2000".getBytes(StandardCharsets.US_ASCII))));
    }
    var firstLost = one.join().lost();
    var secondLost = two.join().lost();
    refusals.set(1);
    time.advance(Duration.ofSeconds(10));
    assertThat(firstLost).isCompleted();
    assertThat(secondLost).isCompleted();
  }

  @Test
  void longLineThatIsServedInline_losesNobody() {
    var semaphore = redis.semaphore(1);
    var held = redis.acquire(semaphore);
    var served = new AtomicInteger();
    for (int i = 0; i < 20_000; i++) {
      semaphore.acquireAsync(Duration.ofMinutes(1)).thenAccept(permit -> {
        served.incrementAndGet();
        permit.close();
      });
    }
    held.close();
    while (!redis.last().answered()) {
      redis.answer(1, 0, 0); // it asks for more fencing tokens
    }
    assertThat(served).hasValue(20_000);
    assertThat(semaphore.snapshot().inUse()).isZero();
  }

  @Test
  void callThatIsServedInline_mayWaitForWhatThisInstanceDecides() {
    var semaphore = redis.semaphore(1);
    var held = redis.acquire(semaphore);
    var refused = semaphore
        .acquireAsync(Duration.ofMinutes(1))
        .thenApply(permit -> semaphore.acquireAsync(Duration.ZERO).isCompletedExceptionally());
    held.close();
    assertThat(refused.join()).isTrue();
  }
}
