package dev.scaling.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ServerProcessIT {

  @Test
  void server_diesWithItsJvm_howeverThatEnds(@TempDir Path directory) throws Exception {
    var program = new ProcessBuilder(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Dscaling.redis.mode=process",
        "-Djava.io.tmpdir=" + directory, // a killed JVM leaves its files behind
        "-cp",
        System.getProperty("java.class.path"),
        Host.class.getName());
    program.environment().remove(RedisSource.URLS);
    Process jvm = program.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (BufferedReader out = jvm.inputReader(StandardCharsets.UTF_8)) {
      var server = ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
      assertThat(server.isAlive()).isTrue();

      jvm.destroyForcibly().waitFor();

      await().until(() -> !server.isAlive());
    } finally {
      jvm.destroyForcibly();
    }
  }

  /** A program that starts a server, paused, tells its process, and waits to be killed. */
  static final class Host {

    private Host() {}

    public static void main(String[] arguments) throws Exception {
      RedisServer server = RedisServers.single();
      String pid = server
          .info("server")
          .lines()
          .filter(line -> line.startsWith("process_id:"))
          .findFirst()
          .orElseThrow();
      server.pause();
      System.out.println(pid.substring(pid.indexOf(':') + 1));
      Thread.currentThread().join();
    }
  }
}
