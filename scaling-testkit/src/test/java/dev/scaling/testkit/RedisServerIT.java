package dev.scaling.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(30)
final class RedisServerIT {

  @RegisterExtension
  static final RedisExtension redis = RedisExtension.single();

  @Test
  void commands_areAnswered() {
    var server = redis.server();

    assertThat(server.command("SET", "key", "wört")).isEqualTo("OK");
    assertThat(server.command("GET", "key")).isEqualTo("wört");
    assertThat(server.command("GET", "none")).isNull();
    assertThat(server.command("APPEND", "key", "!")).isEqualTo(6L);
    assertThat(server.command("MGET", "key", "none"))
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .containsExactly("wört!", null);
    assertThatIllegalStateException()
        .isThrownBy(() -> server.command("INCR", "key"))
        .withMessageStartingWith("ERR value is not an integer");
  }

  @Test
  void server_listensOnLoopbackAlone_andSavesNothing() {
    redis.requireFaults();

    assertThat(redis.server().port()).isLessThan(32_768);
    assertThat(redis.address()).isEqualTo("redis://127.0.0.1:" + redis.server().port());
    assertThat(redis.server().command("CONFIG", "GET", "bind")).asString().contains("127.0.0.1]");
    assertThat(redis.server().command("CONFIG", "GET", "save")).asString().isEqualTo("[save, ]");
  }

  @Test
  void pausedServer_answersNothing_andRunsItAllOnceResumed() throws Exception {
    var server = redis.server();
    var executor = Executors.newSingleThreadExecutor();
    server.pause();
    server.pause();

    var reply = CompletableFuture.supplyAsync(() -> server.command("INCR", "runs"), executor);
    assertThatThrownBy(() -> reply.get(300, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    server.resume();

    assertThat(reply.get(20, TimeUnit.SECONDS)).isEqualTo(1L);
    assertThat(server.command("GET", "runs")).isEqualTo("1");
    executor.shutdown();
  }

  @Test
  void killedServer_refusesConnections_andComesBackEmptyOnItsPort() {
    var server = redis.server();
    int port = server.port();
    server.command("SET", "key", "value");

    server.kill();
    assertThatThrownBy(() -> server.command("PING"))
        .isInstanceOf(UncheckedIOException.class)
        .hasCauseInstanceOf(ConnectException.class);
    server.restart();

    assertThat(server.port()).isEqualTo(port);
    assertThat(server.command("DBSIZE")).isEqualTo(0L);
  }

  @Test
  void pausedServer_canBeKilled() {
    redis.server().pause();

    redis.server().kill();

    assertThatIllegalStateException()
        .isThrownBy(() -> redis.server().pause())
        .withMessageMatching("cannot pause the server on port \\d+, which is KILLED");
  }

  @Test
  void closedServer_refusesConnections_andStaysClosed() {
    redis.requireFaults();
    var server = RedisServers.single();

    server.close();
    server.close();

    assertThatThrownBy(() -> server.command("PING")).hasCauseInstanceOf(ConnectException.class);
    assertThatIllegalStateException().isThrownBy(server::restart);
  }

  @Test
  void commandCounts_nameEachCommand() {
    redis.server().command("LPUSH", "list", "a");

    assertThat(redis.server().commandCounts()).containsKey("lpush").containsKey("flushall");
  }
}
