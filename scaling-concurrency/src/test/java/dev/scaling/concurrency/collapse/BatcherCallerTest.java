package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A lone caller that blocks, and runs its bulk call itself. */
@Timeout(60)
final class BatcherCallerTest {

  private final Map<Integer, Thread> threads = new ConcurrentHashMap<>();

  @Test
  void loneCallerThatBlocks_loadsItsKeyItself() {
    try (var batcher = Batcher.<Integer, String>builder("things", this::load).build()) {
      assertThat(batcher.load(1)).isEqualTo("1");
      assertThat(batcher.load(2, Duration.ofMinutes(1))).isEqualTo("2");
      assertThat(batcher.loadAsync(3).join()).isEqualTo("3");
    }
    assertThat(threads.get(1)).isSameAs(Thread.currentThread());
    assertThat(threads.get(2)).isNotSameAs(Thread.currentThread()); // it may have to leave it there
    assertThat(threads.get(3)).isNotSameAs(Thread.currentThread());
  }

  @Test
  void whatGathersMeanwhile_isLoadedElsewhere() {
    var others = new AtomicReference<CompletableFuture<String>>();
    var self = new AtomicReference<Batcher<Integer, String>>();
    try (var batcher = Batcher.<Integer, String>builder("things", keys -> {
          if (keys.contains(1)) {
            others.set(self.get().loadAsync(2));
          }
          return load(keys);
        })
        .build()) {
      self.set(batcher);
      assertThat(batcher.load(1)).isEqualTo("1");
      assertThat(others.get().join()).isEqualTo("2");
    }
    assertThat(threads.get(2)).isNotSameAs(Thread.currentThread());
  }

  @Test
  void interruptedCaller_keepsTheFlag_andDisturbsNobody() {
    var others = new AtomicReference<CompletableFuture<String>>();
    var self = new AtomicReference<Batcher<Integer, String>>();
    try (var batcher = Batcher.<Integer, String>builder("things", keys -> {
          if (keys.contains(1)) {
            others.set(self.get().loadAsync(2));
            Thread.currentThread().interrupt();
            throw new InterruptedException();
          }
          return load(keys);
        })
        .build()) {
      self.set(batcher);
      assertThatExceptionOfType(CancellationException.class)
          .isThrownBy(() -> batcher.load(1))
          .withMessage("things: interrupted while waiting");
      assertThat(Thread.interrupted()).isTrue();
      assertThat(others.get().join()).isEqualTo("2");
    }
  }

  @Test
  void functionThatAsksItsOwnBatcher_isTold() {
    var self = new AtomicReference<Batcher<Integer, String>>();
    try (var batcher = Batcher.<Integer, String>builder("things", keys -> {
          assertThatIllegalStateException().isThrownBy(() -> self.get().load(2));
          return load(keys);
        })
        .build()) {
      self.set(batcher);
      assertThat(batcher.load(1)).isEqualTo("1");
    }
  }

  private Map<Integer, String> load(Set<Integer> keys) {
    Map<Integer, String> found = new ConcurrentHashMap<>();
    keys.forEach(key -> {
      threads.put(key, Thread.currentThread());
      found.put(key, String.valueOf(key));
    });
    return found;
  }
}
