package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CallTest {

  private final Outcomes outcomes = new Outcomes(new VirtualTime());
  private final FakeCall call = new FakeCall(100);

  @Test
  void givenUpCall_isNeverSent() {
    call.expire(outcomes);

    assertThat(call.trySend(this)).isFalse();
    assertThat(failure(call).failure()).isEqualTo(Failure.NOT_SENT);
  }

  @Test
  void sentCall_isAmbiguousAtItsDeadline_andCarriedByOne() {
    assertThat(call.trySend(this)).isTrue();
    assertThat(call.trySend("another")).isFalse();
    assertThat(call.isCarriedBy(this)).isTrue();

    call.expire(outcomes);

    assertThat(failure(call).failure()).isEqualTo(Failure.AMBIGUOUS);
  }

  @Test
  void rewoundCall_isNotSentAtItsDeadline_sinceTheServerRefusedIt() {
    call.trySend(this);
    call.rewind();
    assertThat(call.isCarriedBy(this)).isFalse();

    call.expire(outcomes);

    assertThat(failure(call).failure()).isEqualTo(Failure.NOT_SENT);
    assertThat(call.trySend(this)).isFalse();
  }

  @Test
  void abandonedCall_isNotSent() {
    call.cancel(false);

    assertThat(call.trySend(this)).isFalse();
  }

  @Test
  void expireAll_endsWhatIsDue_andTellsTheNextDeadline_overTheWrapOfTime() {
    long now = Long.MAX_VALUE - 5;
    var due = new FakeCall(now);
    var later = new FakeCall(now + 20); // past the wrap
    var soon = new FakeCall(now + 3);

    long next = Call.expireAll(List.of(later, due, soon), now, -1, outcomes);

    assertThat(next).isEqualTo(3);
    assertThat(due).isDone();
    assertThat(later).isNotDone();
    assertThat(Call.expireAll(List.of(due), now, 7, outcomes)).isEqualTo(7);
    assertThat(outcomes.failures(Failure.NOT_SENT)).isEqualTo(1);
  }

  @Test
  void replyThatCannotBeRead_isRejected() {
    var get = Calls.get("key", 100);

    get.reply("not bytes");

    assertThat(failure(get).failure()).isEqualTo(Failure.REJECTED);
  }

  @Test
  void failures_haveNoTrace_andNameTheVerbAndTheKind() {
    call.fail(Failure.CLOSED, "the port was closed", null);

    assertThat(failure(call)).hasMessage("Redis FAKE (closed): the port was closed");
    assertThat(failure(call).getStackTrace()).isEmpty();
  }
}
