package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.scaling.testkit.RedisExtension;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a closed cache leaves: nothing in the process, and all in Redis. */
@Timeout(120)
final class CloseIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  @Test
  void closedCache_leavesNoThreadOfItsOwn() {
    var before = threads(); // of other tests' caches of that name
    var cache = instances.cache();
    cache.getAsync("a").join();
    cache.getAll(List.of("b", "c"));

    cache.close();
    cache.close();

    await().untilAsserted(() -> assertThat(threads()).isSubsetOf(before));
  }

  @Test
  void closedCache_leavesItsThreadsAsTheyWere() {
    var loader = new AtomicReference<Thread>();
    instances.hook = key -> loader.set(Thread.currentThread());
    var cache = instances.cache();

    cache.get("a");

    assertThat(loader.get().isDaemon()).as("keeps no program alive").isTrue();
    cache.close();
    await().until(() -> !loader.get().isAlive());
  }

  @Test
  void closedCache_hasNoEntriesAndHearsNothing_whileRedisKeepsTheValues() {
    var cache = instances.cache();
    var other = instances.cache();
    instances.source.put("a", "1");
    cache.get("a");

    cache.close();
    long heard = cache.snapshot().invalidationsReceived();
    other.invalidate("b");
    await().until(() -> other.snapshot().invalidationsReceived() > 0);

    assertThat(cache.snapshot().localEntries()).isZero();
    assertThat(cache.snapshot().invalidationsReceived()).isEqualTo(heard);
    assertThat(instances.kind("a")).isEqualTo("V");
    assertThat(other.get("a")).isEqualTo("1");
    assertThatIllegalStateException().isThrownBy(() -> cache.get("a"));
  }

  @Test
  void cachesThatAreOpenedAndClosed_leaveNoSubscribers() {
    for (int i = 0; i < 20; i++) {
      instances.cache().close();
    }

    await()
        .untilAsserted(
            () -> assertThat(servers.server().command("PUBSUB", "NUMSUB", "scaling:things:i:1"))
                .isEqualTo(List.of("scaling:things:i:1", 0L)));
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("scaling-things-"))
        .toList();
  }
}
