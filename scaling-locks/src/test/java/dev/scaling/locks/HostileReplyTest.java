package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.locks.Acquisition.Unavailable;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replies that no script of ours gives: a node that sends one is as good as away. */
@Timeout(20)
final class HostileReplyTest {

  private static final byte[] RUN = "0123456789abcdef0123456789abcdef01234567".getBytes(US_ASCII);
  private static final byte[] HUGE = new byte[1_000_000];

  private final Logger log = Logger.getLogger(LockService.class.getName());

  @BeforeEach
  void beQuiet() {
    log.setLevel(Level.OFF);
  }

  @AfterEach
  void beLoud() {
    log.setLevel(null);
  }

  @ParameterizedTest
  @MethodSource("replies")
  void reply_isNoLease(List<@Nullable Object> reply) {
    try (var service = LockService.builder("test").node("a", answering(reply)).build()) {
      for (var wait : List.of(Duration.ZERO, Duration.ofHours(1))) {
        assertThat(service.lock("lock").acquireAsync(wait).join())
            .isEqualTo(new Unavailable(List.of("a")));
      }
      assertThat(service.snapshot().leases()).isZero();
    }
  }

  static Stream<List<@Nullable Object>> replies() {
    return Stream.of(
        List.of(),
        List.of(1L),
        Arrays.asList(null, RUN, 1L, 1L, 1L),
        List.of(RUN, 1L, 1L, 1L, 1L),
        List.of(7L, RUN, 1L, 1L, 1L),
        List.of(1L << 40, RUN, 1L, 1L, 1L),
        List.of(1L, 1L, 1L, 1L, 1L),
        List.of(1L, HUGE, 1L, 1L, 1L),
        List.of(1L, RUN, 1L),
        List.of(1L, RUN, RUN, 1L, 1L),
        List.of(1L, RUN, 1L, 0L, 1L), // a counter that no grant leaves behind
        List.of(1L, RUN, 1L, -1L, 1L),
        List.of(1L, RUN, -1L, 1L, 1L),
        List.of(0L, RUN, 1L, 1L, 1L),
        List.of(0L, RUN, 1L, 1L, 1L, 1L, 1L, 1L),
        List.of(0L, RUN, 1L, 1L, 1L, HUGE, 1L, 1L),
        List.of(0L, RUN, 1L, 1L, -1L, RUN, 1L, 1L),
        List.of(-1L, RUN),
        List.of(-2L, RUN),
        Collections.nCopies(100_000, 1L));
  }

  /** Returns a Redis that answers to a call for a lock, and to nothing else. */
  private static Redis answering(List<@Nullable Object> reply) {
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(),
        new Class<?>[] {Redis.class},
        (proxy, method, args) -> switch (method.getName()) {
          case "subscribe" -> (Redis.Subscription) () -> {};
          case "eval" ->
            ((LuaScript) args[0]).name().equals("acquire")
                ? CompletableFuture.completedFuture(reply)
                : new CompletableFuture<>();
          default -> new CompletableFuture<>();
        });
  }
}
