package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A bounded number of keys, whose limits hold all the same. */
@Timeout(60)
final class LocalStoreTest {

  private static final RateLimit LIMIT = RateLimit.perSecond(10).withBurst(5);

  private final VirtualTime time = new VirtualTime();
  private final LocalStore store = new LocalStore(
      new Gcra(List.of("api"), List.of(LIMIT)), time, /* longestHorizon= */ 0, /* most= */ 3);

  @Test
  void keysBeyondTheBound_shareOneState_andTakeNothingFromTheOthers() {
    for (int i = 0; i < 3; i++) {
      assertThat(take("kept" + i, 2)).isEqualTo(2);
    }

    for (int i = 0; i < 1_000; i++) {
      take("more" + i, 1);
    }

    assertThat(store.size()).isEqualTo(3 + 1);
    assertThat(take("another", 1)).isZero();
    assertThat(take("kept0", 5)).isEqualTo(3);
  }

  @Test
  void fullBucket_makesRoom() {
    for (int i = 0; i < 4; i++) {
      take("key" + i, 1);
    }
    time.advance(Duration.ofMillis(100));
    store.sweep();

    assertThat(store.size()).isZero();
    for (int i = 4; i < 7; i++) {
      assertThat(take("key" + i, 5)).isEqualTo(5);
    }
  }

  /** It may have taken all that is missing from the shared one. */
  @Test
  void keyThatFindsRoom_beginsWhereTheSharedStateStands() {
    for (int i = 0; i < 3; i++) {
      take("kept" + i, 1);
    }
    assertThat(take("late", 5)).isEqualTo(5);
    time.advance(Duration.ofMillis(100));
    store.sweep();

    assertThat(take("late", 5)).isEqualTo(1);
    assertThat(store.size()).isEqualTo(1 + 1);
  }

  @Test
  void refund_findsTheSharedState() {
    for (int i = 0; i < 3; i++) {
      take("kept" + i, 1);
    }
    var gcra = new Gcra(List.of("api"), List.of(LIMIT));
    var taken = store.take("late", List.of(new Ask(5, 1, 0))).join();
    double[] after = taken.tats().clone();
    gcra.take(after, 5);

    assertThat(store.refund("late", new Grant(1, 0, taken.tats(), after, 0, 0)).join())
        .isTrue();

    assertThat(take("late", 5)).isEqualTo(5);
  }

  @Test
  void randomKeys_areEachWithinTheirLimits() {
    var random = new Random(11);
    Map<String, Envelope> used = new HashMap<>();
    for (int step = 0; step < 50_000; step++) {
      var key = "key" + random.nextInt(6);
      long micros = time.nanoTime() / 1_000;
      used.computeIfAbsent(key, same -> new Envelope())
          .add(micros, take(key, 1L + random.nextInt(5)));
      time.advance(Duration.ofMillis(random.nextInt(20) == 0 ? 600 : random.nextInt(40)));
      if (random.nextInt(10) == 0) {
        store.sweep();
      }
      assertThat(store.size()).isLessThanOrEqualTo(3 + 1);
    }

    assertThat(used.values())
        .allSatisfy(each -> assertThat(each.excess(LIMIT)).isLessThanOrEqualTo(1e-3));
  }

  private long take(String key, long most) {
    return store
        .take(key, List.of(new Ask(1, most, /* horizonMicros= */ 0)))
        .join()
        .calls()[0];
  }
}
