package dev.scaling.concurrency.semaphore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom a permit that comes free wakes, and what it costs to hold many: the real script decides. */
@Timeout(120)
final class SemaphoreWakeUpIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration LEASE = Duration.ofSeconds(9);

  private final VirtualTime time = new VirtualTime();
  private Redis redis;
  private VirtualRedis server;

  @BeforeEach
  void connect() {
    redis = Redis.connect(servers.address());
    redis.ready(Duration.ofMinutes(1)).join();
    server = new VirtualRedis(redis, time, new Random(1));
  }

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void permitThatComesFree_wakesTheInstanceThatHasWaitedLongest_andNoOther() {
    var permit = acquire(semaphore(1)).join();
    List<CompletableFuture<Permit>> waiting = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      waiting.add(acquire(semaphore(1)));
      time.advance(Duration.ofMillis(10));
    }

    for (int i = 0; i < waiting.size(); i++) {
      assertThat(waiting.get(i)).isNotDone();
      permit.close();
      time.advance(Duration.ofMillis(10));

      assertThat(waiting.get(i)).isCompleted();
      assertThat(server.woken).as("one more").hasSize(i + 1);
      permit = waiting.get(i).join();
    }

    assertThat(server.woken).as("each once").doesNotHaveDuplicates();
  }

  /** Three a lease, whatever they stand for. */
  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void heartbeat_isOneForAllPermitsOfAnInstance(int permits) {
    var semaphore = semaphore(permits);
    List<Permit> held = new ArrayList<>();
    for (int i = 0; i < permits; i++) {
      held.add(acquire(semaphore).join());
    }
    time.advance(LEASE); // all are in Redis
    int before = server.calls;

    time.advance(LEASE.multipliedBy(10));

    assertThat(held).allSatisfy(each -> assertThat(each.isValid()).isTrue());
    assertThat(server.calls - before).isBetween(29, 31);
  }

  private CompletableFuture<Permit> acquire(DistributedSemaphore semaphore) {
    var permit = semaphore.acquireAsync(Duration.ofMinutes(1));
    time.advance(Duration.ofMillis(1));
    return permit;
  }

  private DistributedSemaphore semaphore(int permits) {
    return DistributedSemaphore.builder("wake", server.port().redis())
        .permits(permits)
        .lease(LEASE)
        .time(time)
        .random(() -> 0)
        .executor(Runnable::run)
        .script(VirtualRedis.SCRIPT)
        .build();
  }
}
