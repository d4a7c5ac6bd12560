package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.scaling.concurrency.collapse.CollapserBuilder.WhenExecutionFails;
import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Followers whose leader failed get one more execution, led by one of them. */
@Timeout(60)
final class CollapserRetryTest {

  private final VirtualTime time = new VirtualTime();
  private final HeldExecutor executor = new HeldExecutor();
  private final Collapser<String, String> collapser = Collapser.<String, String>builder("things")
      .whenExecutionFails(WhenExecutionFails.RETRY_FOR_FOLLOWERS)
      .executor(executor)
      .time(time)
      .build();
  private final CompletableFuture<String> first = new CompletableFuture<>();
  private final CompletableFuture<String> second = new CompletableFuture<>();

  @Test
  void followers_areServedByTheExecutionOfOneOfThem() {
    var leader = collapser.runAsync("a", () -> first);
    var follower = collapser.runAsync("a", () -> second);
    var another = collapser.runAsync("a", () -> second);
    executor.runAll();

    first.completeExceptionally(new IOException("the leader's"));
    executor.runAll();
    assertThat(leader).isCompletedExceptionally();
    assertThat(follower).isNotDone();
    var late = collapser.runAsync("a", () -> first);
    second.complete("second");
    executor.runAll();

    assertThat(follower).isCompletedWithValue("second");
    assertThat(another).isCompletedWithValue("second");
    assertThat(late).isCompletedWithValue("second");
    assertThat(collapser.snapshot()).isEqualTo(new CollapserSnapshot(1, 3, 1, 0, 0));
  }

  @Test
  void secondFailure_isEverybodys() {
    collapser.runAsync("a", () -> first);
    var follower = collapser.runAsync("a", () -> second);
    executor.runAll();
    first.completeExceptionally(new IOException("first"));
    executor.runAll();

    var late = collapser.runAsync("a", () -> first);
    second.completeExceptionally(new IOException("second"));
    executor.runAll();

    assertThat(follower).isCompletedExceptionally();
    assertThat(late).isCompletedExceptionally();
    assertThat(collapser.snapshot()).isEqualTo(new CollapserSnapshot(1, 2, 1, 0, 0));
  }

  @Test
  void leaderWithoutFollowers_failsAtOnce() {
    var direct = Collapser.<String, String>builder("things")
        .whenExecutionFails(WhenExecutionFails.RETRY_FOR_FOLLOWERS)
        .executor(Runnable::run)
        .time(time)
        .build();

    assertThatExceptionOfType(CallFailedException.class)
        .isThrownBy(() -> direct.run("a", () -> {
          throw new IOException("first");
        }))
        .withCauseInstanceOf(IOException.class);
    assertThat(direct.snapshot()).isEqualTo(new CollapserSnapshot(1, 0, 0, 0, 0));
  }

  @Test
  void followersWhoAreGone_areNotRetriedFor() {
    var leader = collapser.runAsync("a", () -> first);
    var follower = collapser.runAsync("a", Duration.ofSeconds(1), () -> second);
    executor.runAll();

    time.advance(Duration.ofSeconds(1));
    first.completeExceptionally(new IOException("first"));
    executor.runAll();

    assertThat(leader).isCompletedExceptionally();
    assertThat(follower).isCompletedExceptionally();
    assertThat(collapser.snapshot()).isEqualTo(new CollapserSnapshot(1, 1, 0, 0, 0));
  }

  @Test
  void leaderWhoIsGone_leavesTheRetryToItsFollowers() {
    var leader = collapser.runAsync("a", () -> first);
    var follower = collapser.runAsync("a", () -> second);
    executor.runAll();

    leader.cancel(true);
    first.completeExceptionally(new IOException("first"));
    executor.runAll();
    second.complete("second");
    executor.runAll();

    assertThat(follower).isCompletedWithValue("second");
  }

  @Test
  void retryThatAllLeave_isCancelled() {
    collapser.runAsync("a", () -> first);
    var follower = collapser.runAsync("a", () -> second);
    executor.runAll();
    first.completeExceptionally(new IOException("first"));
    executor.runAll();

    follower.cancel(true);

    assertThat(second).isCancelled();
    assertThat(collapser.snapshot().underWay()).isZero();
  }
}
