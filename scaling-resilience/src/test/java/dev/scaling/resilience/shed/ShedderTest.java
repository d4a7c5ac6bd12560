package dev.scaling.resilience.shed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.scaling.resilience.context.CallContext;
import dev.scaling.resilience.shed.LoadShedException.Reason;
import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is admitted, and who is not. */
final class ShedderTest {

  private static final CallContext NONE = CallContext.none();

  private final VirtualTime time = new VirtualTime();
  private final List<Admission> open = new ArrayList<>();
  private Shedder shedder = Shedder.builder("orders").limit(10).build();

  @AfterEach
  void noPlaceIsLost() {
    open.forEach(Admission::close);

    assertThat(shedder.snapshot().usage()).isZero();
    assertThat(shedder.snapshot().callers()).isZero();
  }

  @Test
  void eachPriority_isAdmittedUpToItsPartOfTheLimit() {
    assertThat(fill(Priority.BULK)).isEqualTo(5);
    assertThat(fill(Priority.DEGRADED)).isEqualTo(7 - 5);
    assertThat(fill(Priority.NORMAL)).isEqualTo(9 - 7);
    assertThat(fill(Priority.CRITICAL)).isEqualTo(10 - 9);

    assertThat(fill(Priority.CRITICAL)).isZero();
    assertThat(shedder).hasToString("Shedder[orders, 10 of 10]");
  }

  @Test
  void higherPriorities_leaveNothingToLowerOnes() {
    assertThat(fill(Priority.NORMAL)).isEqualTo(9);

    assertThat(fill(Priority.DEGRADED)).isZero();
    assertThat(fill(Priority.BULK)).isZero();
    open.remove(0).close();
    assertThat(fill(Priority.BULK)).isZero();
    assertThat(fill(Priority.NORMAL)).isEqualTo(1);
  }

  @Test
  void smallestLimit_isForAnybody() {
    shedder = Shedder.builder("orders").limit(1).build();

    assertThat(fill(Priority.BULK)).isEqualTo(1);
    assertThat(fill(Priority.CRITICAL)).isZero();
  }

  @Test
  void parts_areExact() {
    shedder = Shedder.builder("orders")
        .limit(100)
        .priorityRatio(Priority.BULK, 0.29) // 28.999… in floating point
        .build();

    assertThat(fill(Priority.BULK)).isEqualTo(29);
  }

  @Test
  void loneCaller_hasAllUntilTheServerIsBusy_andThenItsShare() {
    assertThat(fill(Priority.CRITICAL, "a")).isEqualTo(8); // from 8 on it is busy
    assertThat(fill(Priority.CRITICAL, "b")).isEqualTo(2); // and 5 are the share of each

    open.remove(9).close();
    open.remove(8).close();
    assertThat(refusal(NONE, Priority.CRITICAL, "a").reason()).isEqualTo(Reason.QUOTA);
    for (int i = 0; i < 4; i++) {
      open.remove(0).close(); // a has 4 left
    }
    assertThat(fill(Priority.CRITICAL, "b")).isEqualTo(5); // 9 in all
    assertThat(fill(Priority.CRITICAL, "a")).isEqualTo(1);
  }

  @Test
  void quota_isOfWhatThePriorityMaySee() {
    assertThat(fill(Priority.BULK, "a")).isEqualTo(4); // of 5, from 4 on it is busy for bulk
    assertThat(fill(Priority.BULK, "b")).isEqualTo(1);

    assertThat(fill(Priority.CRITICAL, "a")).isEqualTo(8 - 5);
  }

  @Test
  void requestOfNobody_hasNoQuota() {
    fill(Priority.CRITICAL, "a");

    assertThat(fill(Priority.CRITICAL)).isEqualTo(2);
  }

  @Test
  void lowerLimit_neverBlocks_andHoldsFromThenOn() {
    fill(Priority.CRITICAL);

    shedder.limit(4);
    assertThat(shedder.snapshot().usage()).isEqualTo(10);
    for (int i = 0; i < 6; i++) {
      open.remove(0).close();
      assertThat(fill(Priority.CRITICAL)).isZero();
    }
    open.remove(0).close();
    assertThat(fill(Priority.CRITICAL)).isEqualTo(1);

    shedder.limit(10_000);
    assertThat(fill(Priority.BULK)).isEqualTo(5_000 - 4);
  }

  @Test
  void requestWhoseTimeIsOver_isNotServed() throws Exception {
    var context = NONE.within(Duration.ofSeconds(1), time);
    assertThat(shedder.run(context, Priority.BULK, "a", () -> 7)).isEqualTo(7);
    time.advance(Duration.ofSeconds(1));

    var refusal = refusal(context, Priority.CRITICAL, "a");

    assertThat(refusal.reason()).isEqualTo(Reason.DEADLINE);
    assertThat(refusal.retryAfter()).isZero();
    assertThat(refusal).hasMessage("orders: critical request refused, its deadline is over");
    assertThat(shedder.snapshot().late()).isEqualTo(1);
  }

  @Test
  void retries_areRefusedSooner_ifThatIsWished() {
    shedder = Shedder.builder("orders").limit(10).retriesLower(true).build();
    var retry = NONE.withAttempt(2);

    assertThat(fill(retry, Priority.BULK, null)).isEqualTo(5);
    assertThat(fill(retry, Priority.DEGRADED, null)).isZero();
    assertThat(fill(retry, Priority.NORMAL, null)).isEqualTo(7 - 5);
    assertThat(fill(retry, Priority.CRITICAL, null)).isEqualTo(9 - 7);
    assertThat(fill(NONE, Priority.CRITICAL, null)).isEqualTo(1);
  }

  @Test
  void retries_areAsOthers_otherwise() {
    assertThat(fill(NONE.withAttempt(9), Priority.CRITICAL, null)).isEqualTo(10);
  }

  @Test
  void refusal_saysWhyAndWhenToComeBack_withoutATrace() {
    shedder =
        Shedder.builder("orders").limit(2).retryAfter(Duration.ofMillis(70)).build();
    fill(Priority.BULK);

    var refusal = refusal(NONE, Priority.BULK, null);

    assertThat(refusal.reason()).isEqualTo(Reason.SHED);
    assertThat(refusal.retryAfter()).isEqualTo(Duration.ofMillis(70));
    assertThat(refusal.component()).isEqualTo("orders");
    assertThat(refusal)
        .hasMessage("orders: bulk request refused, as many are under way as its priority may see");
    assertThat(refusal.getStackTrace()).isEmpty();
  }

  @Test
  void admission_isGivenBackOnce() {
    fill(Priority.CRITICAL, "a");
    var one = open.remove(0);

    one.close();
    one.close();

    assertThat(shedder.snapshot().usage()).isEqualTo(open.size());
    assertThat(one).hasToString("Admission[closed]");
  }

  @Test
  void workThatFails_givesItsPlaceBack() {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> shedder.run(NONE, Priority.NORMAL, "a", () -> {
          assertThat(shedder.snapshot().usage()).isEqualTo(1);
          throw new IOException("no disk");
        }));
    assertThatExceptionOfType(StackOverflowError.class)
        .isThrownBy(() -> shedder.run(NONE, Priority.NORMAL, "a", () -> {
          throw new StackOverflowError();
        }));
  }

  @Test
  void callers_areForgottenWithTheirLastRequest_howeverManyThereAre() {
    for (int i = 0; i < 10_000; i++) {
      var admission = shedder.tryAdmit(NONE, Priority.NORMAL, "caller " + i);
      assertThat(admission).isNotNull();
      admission.close();
    }

    for (int i = 0; i < 100; i++) {
      fill(Priority.CRITICAL, "\u0000\uD800" + i);
      assertThat(shedder.snapshot().callers()).isBetween(1, 10);
    }
  }

  @Test
  void longNames_areTheSameCaller_ifTheyBeginAlike() {
    String start = "x".repeat(256);

    assertThat(fill(Priority.CRITICAL, start + "y".repeat(1_000_000))).isEqualTo(8);
    assertThat(fill(Priority.CRITICAL, start)).isZero();
    assertThat(shedder.snapshot().callers()).isEqualTo(1);
    assertThat(fill(Priority.CRITICAL, "")).isEqualTo(2);
  }

  @Test
  @SuppressWarnings("NullAway") // that is what is tested
  void nothing_isNoArgument() {
    assertThatNullPointerException()
        .isThrownBy(() -> shedder.tryAdmit(null, Priority.BULK, null))
        .withMessage("context");
    assertThatNullPointerException()
        .isThrownBy(() -> shedder.tryAdmit(NONE, null, "a"))
        .withMessage("priority");
    assertThatNullPointerException()
        .isThrownBy(() -> shedder.run(NONE, Priority.BULK, null, null))
        .withMessage("work");
  }

  private int fill(Priority priority) {
    return fill(NONE, priority, null);
  }

  private int fill(Priority priority, String caller) {
    return fill(NONE, priority, caller);
  }

  private int fill(CallContext context, Priority priority, @Nullable String caller) {
    int before = open.size();
    for (var next = shedder.tryAdmit(context, priority, caller);
        next != null;
        next = shedder.tryAdmit(context, priority, caller)) {
      open.add(next);
    }
    return open.size() - before;
  }

  private LoadShedException refusal(
      CallContext context, Priority priority, @Nullable String caller) {
    try {
      open.add(shedder.admit(context, priority, caller));
    } catch (LoadShedException e) {
      return e;
    }
    throw new AssertionError("it was admitted");
  }
}
