package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Three real masters of which readers and writers have some each, so that nobody has a quorum. */
@Timeout(180)
final class ReadWriteSplitIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.masters(3);

  private static final Duration LONG = Duration.ofMinutes(1);
  private static final long HOUR_MICROS = 3_600_000_000L;

  private final Services services = new Services();
  private LockService service;

  @BeforeEach
  void start() throws Exception {
    service = service();
    await().until(() -> service.snapshot().outside().isEmpty());
  }

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @Test
  void readerThatHasANode_joinsReaders_thoughAWriterWaitsThere() throws Exception {
    assertThat(ask(1, "reader:1", Node.Access.READ)).isInstanceOf(Answer.Granted.class);
    assertThat(ask(1, "writer:1", Node.Access.WRITE)).isInstanceOf(Answer.Contended.class);
    assertThat(ask(2, "writer:2", Node.Access.WRITE)).isInstanceOf(Answer.Granted.class);

    assertThat(service.readWrite("a").read().acquire(LONG).isValid()).isTrue();
  }

  @Test
  void writerThatHasANode_letsReadersGoFirst_whoHaveTheOthers() throws Exception {
    assertThat(ask(1, "reader:1", Node.Access.READ)).isInstanceOf(Answer.Granted.class);
    assertThat(ask(2, "reader:1", Node.Access.READ)).isInstanceOf(Answer.Granted.class);
    CompletableFuture<Acquisition> writer = service.lock("a").acquireAsync(LONG);
    for (int node = 1; node < 3; node++) {
      var server = servers.servers().get(node);
      await()
          .until(
              () -> server.command("ZCARD", "scaling:test:q:1:{test}:a"), Long.valueOf(1)::equals);
    }

    var reader = service().readWrite("a").read().acquire(LONG);
    assertThat(reader.isValid()).isTrue();
    assertThat(writer).isNotDone();
    reader.close();
    for (int node = 1; node < 3; node++) {
      node(node).release("a", "reader:1", /* waited= */ false, Duration.ZERO).get();
    }
    assertThat(writer.get()).isInstanceOf(Acquired.class);
  }

  private Answer ask(int node, String attempt, Node.Access access) throws Exception {
    return node(node)
        .acquire(new Node.Call("a", attempt, HOUR_MICROS, 0, HOUR_MICROS, 0, "", access, 1))
        .get();
  }

  private Node node(int index) throws Exception {
    var redis = services.redis(servers.servers().get(index).address());
    var builder = LockService.builder("test").nodeTimeout(Duration.ofSeconds(10));
    return new Node(index, "node-" + index, redis, builder, Keys.of("scaling", "test"));
  }

  private LockService service() throws Exception {
    return services.ready(services.builder(servers.servers()).quarantined(false));
  }
}
