package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.bytes;
import static dev.scaling.core.redis.Replies.connected;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.Redisson;
import org.redisson.config.Config;
import org.redisson.config.NameMapper;
import org.redisson.misc.RedisURI;

@Timeout(30)
final class RedisInputIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @Test
  void timeouts_areChecked_byEachVerb() {
    try (var redis = connected(servers.address())) {
      for (var timeout : List.of(Duration.ZERO, Duration.ofNanos(1), Duration.ofMinutes(61))) {
        Replies.verbs(redis, timeout)
            .forEach((verb, call) -> assertThatIllegalArgumentException()
                .as(verb)
                .isThrownBy(call::get)
                .withMessage("timeout must be in [PT0.001S, PT1H]: " + timeout));
      }
    }
  }

  @Test
  void counts_areChecked() {
    try (var redis = connected(servers.address())) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> redis.append("stream", bytes(""), 0, SECOND))
          .withMessageStartingWith("maximumLength must be in [1, ");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> redis.read("stream", "0-0", 0, SECOND))
          .withMessageStartingWith("maximumEntries must be in [1, ");
      assertThatNullPointerException().isThrownBy(() -> redis.get("key", null));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "127.0.0.1:6379",
        "http://127.0.0.1:6379",
        "redis://127.0.0.1",
        "redis://:pass word@host:6379",
        "redis://user:pass@host:port",
        "redis://user:pa@ss@host:0",
        "redis://:pass/word@host:6379",
        "redis://:pass@host:6379/1",
        "redis://host:6379?password=pass",
        "redis://host:6379/#pass",
        "redis://:pa%ss@host:6379",
        "redis://host:0",
        "redis://host:65536",
        "redis://host:99999"
      })
  void malformedAddress_isRefused_andItsPasswordNotRepeated(String address) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Redis.connect(address))
        .withMessageStartingWith("address must be redis://host:port")
        .satisfies(failure -> {
          for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            assertThat(cause.getMessage()).doesNotContain("pa", "word@", "ss@");
          }
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://my_redis:6379",
        "rediss://user:pa%20ss@redis-0.redis.svc:65535/",
        "redis://127.0.0.1:6379",
        "redis://[::1]:6379"
      })
  void address_isTaken_byRedissonToo(String address) {
    assertThatCode(() -> Redis.builder(address)).doesNotThrowAnyException();
    assertThat(address).contains(new RedisURI(address).getHost() + ":");
  }

  @Test
  void clientThatMapsNames_isRefused() {
    var config = new Config();
    config.setNameMapper(new NameMapper() {
      @Override
      public String map(String name) {
        return "prefix:" + name;
      }

      @Override
      public String unmap(String name) {
        return name.substring("prefix:".length());
      }
    });
    config.useSingleServer().setAddress(servers.address());
    var client = Redisson.create(config);
    try {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Redis.over(client))
          .withMessageContaining("must not have a NameMapper");
    } finally {
      client.shutdown();
    }
  }
}
