package dev.scaling.core.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.scaling.core.redis.RedisCallException.Failure;
import java.net.ConnectException;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.redisson.RedissonShutdownException;
import org.redisson.client.RedisAuthRequiredException;
import org.redisson.client.RedisClusterDownException;
import org.redisson.client.RedisConnectionException;
import org.redisson.client.RedisException;
import org.redisson.client.RedisLoadingException;
import org.redisson.client.RedisReadonlyException;
import org.redisson.client.RedisReconnectedException;
import org.redisson.client.RedisResponseTimeoutException;
import org.redisson.client.RedisTimeoutException;
import org.redisson.client.WriteRedisConnectionException;

final class FailuresTest {

  static Stream<Arguments> table() {
    return Stream.of(
        arguments(new RedissonShutdownException("shut down"), Failure.CLOSED),
        arguments(new RedisResponseTimeoutException("no response"), Failure.AMBIGUOUS),
        arguments(new RedisReconnectedException("reconnected"), Failure.AMBIGUOUS),
        arguments(new RedisTimeoutException("no connection"), Failure.NOT_SENT),
        arguments(new RedisConnectionException("refused"), Failure.NOT_SENT),
        arguments(new RedisException(new ConnectException("refused")), Failure.NOT_SENT),
        arguments(new RedisException(new IllegalStateException("ours")), Failure.AMBIGUOUS),
        arguments(new RedisAuthRequiredException("NOAUTH"), Failure.REJECTED),
        arguments(new RedisLoadingException("LOADING"), Failure.REJECTED),
        arguments(new RedisReadonlyException("READONLY"), Failure.REJECTED),
        arguments(new RedisClusterDownException("CLUSTERDOWN"), Failure.REJECTED),
        arguments(new RedisException("WRONGTYPE"), Failure.REJECTED),
        arguments(new IllegalStateException("who knows"), Failure.AMBIGUOUS));
  }

  @ParameterizedTest
  @MethodSource("table")
  void failure_saysWhatIsKnown(Throwable failure, Failure expected) {
    assertThat(Failures.classify(failure, 1)).isEqualTo(expected);
    assertThat(Failures.classify(new CompletionException(failure), 5)).isEqualTo(expected);
  }

  /** Half a pipeline may have gone out; half a command does not run. */
  @Test
  void failedWrite_isAmbiguousForMoreThanOne() {
    var failure = new WriteRedisConnectionException("cannot write", new ConnectException());

    assertThat(Failures.classify(failure, 1)).isEqualTo(Failure.NOT_SENT);
    assertThat(Failures.classify(failure, 2)).isEqualTo(Failure.AMBIGUOUS);
  }

  static Stream<Arguments> roots() {
    return Stream.of(
        arguments(
            new RedisConnectionException("to host", new ConnectException("Connection refused")),
            "Connection refused"),
        arguments(
            new RedisConnectionException(
                "to host", new RedisException("WRONGPASS invalid. channel: [..] params: [secret]")),
            "WRONGPASS invalid"),
        arguments(
            new RedisException("ERR unknown command 'AUTH', with args beginning with: 'secret'"),
            "ERR unknown command 'AUTH'"),
        arguments(
            new RedisTimeoutException("timeout, command: (AUTH), params: [secret]"),
            "RedisTimeoutException"),
        arguments(
            new RedisException(new IllegalArgumentException("secret")),
            "IllegalArgumentException"));
  }

  @ParameterizedTest
  @MethodSource("roots")
  void root_isWhatTheNetworkOrTheServerSaid_andNoPassword(Throwable failure, String expected) {
    assertThat(Failures.root(failure)).isEqualTo(expected);
  }

  @Test
  void reason_isTheServersWord_orTheKindOfFailure() {
    var server = new RedisException("WRONGTYPE wrong. channel: [..] command: (GET), params: [key]");
    var client = new RedisTimeoutException("no connection, command: (GET), params: [key]");

    assertThat(Failures.reason(Failure.REJECTED, server)).isEqualTo("WRONGTYPE wrong");
    assertThat(Failures.reason(Failure.NOT_SENT, client)).isEqualTo("RedisTimeoutException");
    assertThat(Failures.cause(client)).isNull();
    assertThat(Failures.cause(new RedisException("params: [key]", new ConnectException("refused"))))
        .isInstanceOf(ConnectException.class);
  }
}
