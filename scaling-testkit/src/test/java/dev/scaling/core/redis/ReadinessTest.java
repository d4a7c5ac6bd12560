package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts as an answer of a Redis that is asked whether it is ready. */
final class ReadinessTest {

  private final VirtualTime time = new VirtualTime();
  private CompletableFuture<byte[]> reply = new CompletableFuture<>();
  private int asked;

  @ParameterizedTest
  @ValueSource(
      strings = {"NOPERM this user has no permissions to access one of the keys", "WRONGTYPE Op"})
  void error_isAnAnswer(String error) {
    var ready = ask(Failure.REJECTED, error);

    assertThat(ready).isCompleted();
    assertThat(asked).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down",
        "CLUSTERDOWN The cluster is down",
        "BUSY Redis is busy running a script"
      })
  void serverThatServesNobodyYet_isAskedAgain(String error) {
    var ready = ask(Failure.REJECTED, error);
    assertThat(ready).isNotDone();

    reply = CompletableFuture.completedFuture(null);
    time.advance(SECOND);

    assertThat(ready).isCompleted();
    assertThat(asked).isEqualTo(2);
  }

  @Test
  void serverThatServesNobodyYet_failsItAtTheTimeout() {
    var ready = ask(Failure.REJECTED, "LOADING Redis is loading the dataset in memory");

    time.advance(SECOND);

    assertThat(failure(ready)).hasMessageContaining("LOADING");
  }

  @Test
  void serverThatDoesNotKnowUs_failsItAtOnce() {
    assertThat(ask(Failure.REJECTED, "NOAUTH Authentication required.")).isCompletedExceptionally();
    assertThat(ask(Failure.NOT_SENT, "not connected: WRONGPASS invalid username-password pair"))
        .isCompletedExceptionally();
  }

  private CompletableFuture<Void> ask(Failure kind, String error) {
    var call = new FakeCall(0);
    call.fail(kind, error, null);
    reply = CompletableFuture.failedFuture(failure(call));
    return Readiness.of(redis(), time, SECOND);
  }

  private Redis redis() {
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
          asked++;
          return reply;
        });
  }
}
