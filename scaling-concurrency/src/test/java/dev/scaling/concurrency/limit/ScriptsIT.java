package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.testkit.RedisExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every script of this module is one that a real Redis takes, under the digest that we send. */
@Timeout(60)
final class ScriptsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @ParameterizedTest
  @MethodSource("names")
  void everyFile_isTakenByRedis_underItsDigest(String name) {
    assertIsTaken(LuaScript.load(Scripts.class, "concurrency", name));
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void whatIsSent_isTakenByRedis_underItsDigest(LuaScript script) {
    assertIsTaken(script);
  }

  private static void assertIsTaken(LuaScript script) {
    assertThat(servers.server().command("SCRIPT", "LOAD", script.source()))
        .isEqualTo(script.sha1());
  }

  private static List<LuaScript> shipped() {
    return List.of(Scripts.SHIPPED.take(), Scripts.SHIPPED.refund(), Scripts.SHIPPED.members());
  }

  private static List<String> names() throws IOException {
    try (var files = Files.list(Path.of("src/main/resources/META-INF/scaling/concurrency"))) {
      return files
          .map(file -> file.getFileName().toString().replace(".lua", ""))
          .sorted()
          .toList();
    }
  }
}
