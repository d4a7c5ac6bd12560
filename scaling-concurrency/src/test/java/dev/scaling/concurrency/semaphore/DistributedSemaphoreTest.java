package dev.scaling.concurrency.semaphore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One instance, in virtual time, whose Redis says what the test makes it say. */
@Timeout(120)
final class DistributedSemaphoreTest {

  private final VirtualTime time = new VirtualTime();
  private final List<Call> calls = new ArrayList<>();
  private Redis.Listener messages;
  private long tokens = 1_000;

  @Test
  void permit_goesFromOneCallerToTheNext_inTheirOrder_withoutACall() {
    var semaphore = semaphore(2);
    var waiting = new ArrayList<CompletableFuture<Permit>>();
    for (int i = 0; i < 10; i++) {
      waiting.add(semaphore.acquireAsync(Duration.ofMinutes(1)));
    }
    answer(1, 0, 0);
    answer(2, 0, 0); // the second call counts all that came meanwhile

    long before = 0;
    for (int i = 0; i < 10; i++) {
      assertThat(waiting.stream().filter(CompletableFuture::isDone).count())
          .isEqualTo(Math.min(10, i + 2));
      var permit = waiting.get(i).join();
      assertThat(permit.isValid()).isTrue();
      assertThat(permit.fencingToken()).isGreaterThan(before);
      before = permit.fencingToken();
      permit.close();
    }

    assertThat(calls).hasSize(2);
    assertThat(semaphore.snapshot().handedOn()).isEqualTo(8);
  }

  @Test
  void contended_permitGoesBackAfter16HandOffs_thoughOthersWaitHere() {
    var semaphore = semaphore(1);
    var waiting = new ArrayList<CompletableFuture<Permit>>();
    for (int i = 0; i < 40; i++) {
      waiting.add(semaphore.acquireAsync(Duration.ofMinutes(1)));
    }
    answer(1, 0, 0);
    messages.onMessage("contended".getBytes(US_ASCII));

    int handedOn = 0;
    while (waiting.get(handedOn).isDone()) {
      waiting.get(handedOn).join().close();
      handedOn++;
    }

    assertThat(handedOn).isEqualTo(Turn.HAND_OFFS + 1);
    assertThat(last().most()).isZero();
    assertThat(last().want()).isEqualTo(1);
    assertThat(last().waits()).isTrue();
    answer(0, 1, 1);
    messages.onMessage("granted".getBytes(US_ASCII));
    answer(1, 1, 0);
    assertThat(waiting.get(handedOn)).isCompleted();
  }

  @Test
  void contended_permitGoesBackAfter100Millis() {
    var semaphore = semaphore(1);
    var first = semaphore.acquireAsync(Duration.ofMinutes(1));
    var second = semaphore.acquireAsync(Duration.ofMinutes(1));
    answer(1, 1, 0);

    time.advance(Turn.LONGEST);
    first.join().close();

    assertThat(second).isNotDone();
    assertThat(last().most()).isZero();
  }

  @Test
  void freePermit_staysForAWhile_andGoesBackAtOnceIfOthersWait() {
    var semaphore = semaphore(5);
    acquire(semaphore).close();
    for (int i = 0; i < 100; i++) {
      semaphore.tryAcquire().orElseThrow().close();
      time.advance(Duration.ofMillis(1));
    }
    assertThat(calls).hasSize(1);

    time.advance(Spare.WHILE.multipliedBy(2));
    assertThat(calls).hasSize(2);
    assertThat(last().want()).isZero();
    answer(0, 0, 0);
    var permit = acquire(semaphore);
    messages.onMessage("contended".getBytes(US_ASCII));
    permit.close();

    assertThat(last().want()).isZero();
    answer(0, 0, 0);
    time.advance(Duration.ofMinutes(5));
    assertThat(last().answered()).isTrue(); // nobody uses it, so nothing is sent
    assertThat(calls).hasSize(4);
  }

  @Test
  void permit_isLost_whenRedisHasNotConfirmedItForALease() {
    var semaphore = semaphore(2);
    var permit = acquire(semaphore);
    var lost = permit.lost();

    time.advance(Duration.ofMillis(9_499));
    assertThat(permit.isValid()).isTrue();
    assertThat(lost).isNotDone();
    time.advance(Duration.ofMillis(1));

    assertThat(permit.isValid()).isFalse();
    assertThat(lost).isCompleted();
    assertThat(permit.toString()).contains("ended");
    assertThat(semaphore.snapshot().lost()).isEqualTo(1);
    permit.close();
    assertThat(semaphore.snapshot().inUse()).isZero();
  }

  @Test
  void heartbeat_countsFromWhenItWasSent() {
    var semaphore = semaphore(2);
    var permit = acquire(semaphore);
    time.advance(Duration.ofMillis(3_334)); // a third of the lease: the heartbeat
    time.advance(Duration.ofSeconds(5));
    answer(1, 0, 0);

    time.advance(Duration.ofMillis(4_499));
    assertThat(permit.isValid()).isTrue();
    time.advance(Duration.ofMillis(1));

    assertThat(permit.isValid()).isFalse();
  }

  @Test
  void redisThatKnowsOfFewer_takesTheLastOnes() {
    var semaphore = semaphore(2);
    var first = acquire(semaphore);
    var second = semaphore.acquireAsync(Duration.ofMinutes(1));
    answer(2, 0, 0);
    time.advance(Duration.ofMillis(3_334));

    answer(1, 0, 0);

    assertThat(first.isValid()).isTrue();
    assertThat(second.join().isValid()).isFalse();
  }

  @Test
  void lostReply_isMendedByTheNextCall_withAbsoluteNumbers() {
    var semaphore = semaphore(3);
    var waiting = semaphore.acquireAsync(Duration.ofMinutes(1));
    fail();
    assertThat(semaphore.toString()).contains("Redis away");
    assertThat(semaphore.tryAcquire()).isEmpty();
    assertThat(calls).hasSize(1);

    time.advance(Duration.ofMillis(100));

    assertThat(calls).hasSize(2);
    assertThat(last().number()).isEqualTo(2);
    assertThat(last().want()).isEqualTo(1);
    answer(1, 0, 0);
    assertThat(waiting).isCompleted();
    assertThat(semaphore.toString()).doesNotContain("away");
  }

  @Test
  void whoWaitsForTooLong_isRefused_andTheMessageSaysWhetherRedisIsAway() {
    var semaphore = semaphore(1);
    var first = semaphore.acquireAsync(Duration.ofMillis(500));
    answer(0, 1, 1);
    time.advance(Duration.ofMillis(99));
    assertThat(calls).hasSize(1);
    time.advance(Duration.ofMillis(1));
    assertThat(calls).as("in case the message was lost").hasSize(2);
    fail();
    time.advance(Duration.ofMillis(400));

    assertThatThrownBy(first::join)
        .cause()
        .isInstanceOf(PermitsExhaustedException.class)
        .hasMessage("test: no permit within PT0.5S, and Redis does not answer: simulated");
    assertThat(semaphore.snapshot().refused()).isEqualTo(1);
    assertThat(semaphore.snapshot().waiting()).isZero();
  }

  @Test
  void polls_areEachTwiceAsLate_upToAThirdOfTheLease() {
    semaphore(1).acquireAsync(Duration.ofMinutes(10));
    answer(0, 1, 1);

    var pauses = new ArrayList<Long>();
    for (int i = 0; i < 9; i++) {
      long before = time.nanoTime();
      int count = calls.size();
      while (calls.size() == count) {
        time.advance(Duration.ofMillis(1));
      }
      pauses.add((time.nanoTime() - before) / 1_000_000);
      answer(0, 1, 1);
    }

    assertThat(pauses).startsWith(100L, 200L, 400L, 800L, 1_600L, 3_200L, 3_334L);
    assertThat(pauses).allSatisfy(pause -> assertThat(pause).isLessThanOrEqualTo(3_334));
  }

  @Test
  void cancelledFuture_leavesTheLine() {
    var semaphore = semaphore(1);
    var cancelled = semaphore.acquireAsync(Duration.ofMinutes(1));
    var next = semaphore.acquireAsync(Duration.ofMinutes(1));

    cancelled.cancel(false);
    answer(1, 0, 0);

    assertThat(next).isCompleted();
    assertThat(semaphore.snapshot().inUse()).isEqualTo(1);
  }

  @Test
  void interruptedWait_keepsTheFlag_andLeavesTheLine() throws Exception {
    var semaphore = semaphore(1);
    var flag = new boolean[1];
    var waiter = new Thread(() -> {
      assertThatExceptionOfType(CancellationException.class)
          .isThrownBy(() -> semaphore.acquire(Duration.ofMinutes(1)))
          .withMessage("test: interrupted while waiting for a permit");
      flag[0] = Thread.currentThread().isInterrupted();
    });
    waiter.start();
    while (waiter.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }

    waiter.interrupt();
    waiter.join();

    assertThat(flag[0]).isTrue();
    assertThat(semaphore.snapshot().waiting()).isZero();
  }

  @Test
  void close_cancelsThoseWhoWait_andGivesBackWhatComesFree() {
    var semaphore = semaphore(1);
    var permit = acquire(semaphore);
    var waiting = semaphore.acquireAsync(Duration.ofMinutes(1));
    semaphore.close();
    semaphore.close();

    assertThatThrownBy(waiting::join)
        .isInstanceOf(CancellationException.class)
        .hasMessage("test: the semaphore was closed");
    assertThat(permit.isValid()).isTrue();
    answer(1, 0, 0);
    permit.close();
    assertThat(last().want()).isZero();
    assertThatThrownBy(semaphore::tryAcquire)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("test: the semaphore is closed");
  }

  @Test
  void unknownMessagesAndReplies_doNoHarm() {
    var semaphore = semaphore(1);
    messages.onMessage(new byte[] {0, -1});
    var waiting = semaphore.acquireAsync(Duration.ofMinutes(1));
    calls.get(0).reply.complete(List.of("what?"));

    assertThat(waiting).isNotDone();
    time.advance(Duration.ofMillis(100));
    answer(1, 0, 0);
    assertThat(waiting).isCompleted();
  }

  private Permit acquire(DistributedSemaphore semaphore) {
    var permit = semaphore.acquireAsync(Duration.ofMinutes(1));
    answer(1, 0, 0);
    return permit.join();
  }

  private Call last() {
    return calls.get(calls.size() - 1);
  }

  private void answer(long permits, long others, long waits) {
    tokens += last().fencingTokens();
    last()
        .reply
        .complete(List.of(permits, others, waits, Long.toString(tokens).getBytes(US_ASCII)));
  }

  private void fail() {
    last().reply.completeExceptionally(VirtualRedis.failure(Failure.AMBIGUOUS));
  }

  private DistributedSemaphore semaphore(int permits) {
    var redis = (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(),
        new Class<?>[] {Redis.class},
        (proxy, method, args) -> switch (method.getName()) {
          case "eval" -> {
            var call = new Call((List<?>) args[2], new CompletableFuture<>());
            calls.add(call);
            yield call.reply;
          }
          case "subscribe" -> {
            messages = (Redis.Listener) args[1];
            yield (Redis.Subscription) () -> {};
          }
          default -> throw new UnsupportedOperationException(method.getName());
        });
    return DistributedSemaphore.builder("test", redis)
        .permits(permits)
        .time(time)
        .random(() -> 0)
        .executor(Runnable::run)
        .build();
  }

  /** A call to Redis, which the test answers. */
  private record Call(List<?> args, CompletableFuture<List<Object>> reply) {

    long number() {
      return arg(1);
    }

    long most() {
      return arg(2);
    }

    long want() {
      return arg(3);
    }

    boolean waits() {
      return arg(4) == 1;
    }

    long fencingTokens() {
      return arg(7);
    }

    boolean answered() {
      return reply.isDone();
    }

    private long arg(int at) {
      return Long.parseLong(new String((byte[]) args.get(at), US_ASCII));
    }
  }
}
