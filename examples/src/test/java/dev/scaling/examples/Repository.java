package dev.scaling.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The files of this repository. */
final class Repository {

  private static final Set<String> BINARY = Set.of("jar", "xz", "png");

  private Repository() {}

  /** Returns the folder that holds all modules. */
  static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.exists(folder.resolve("scaling-bom"))) {
      folder = folder.getParent();
    }
    if (folder == null) {
      throw new IllegalStateException("not within the repository");
    }
    return folder;
  }

  /** Returns the names of the modules that are published and have classes. */
  static List<String> publishedModules() {
    try (Stream<Path> folders = Files.list(root())) {
      return folders
          .filter(folder -> Files.isDirectory(folder.resolve("src/main/java")))
          .map(folder -> folder.getFileName().toString())
          .filter(name -> name.startsWith("scaling-"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns every text file that is, or is about to be, under version control. */
  static List<SourceFile> files() {
    var files = new ArrayList<SourceFile>();
    for (String path : git("ls-files", "--cached", "--others", "--exclude-standard")) {
      String extension = path.substring(path.lastIndexOf('.') + 1);
      if (!BINARY.contains(extension) && Files.isRegularFile(root().resolve(path))) {
        files.add(new SourceFile(path, read(path)));
      }
    }
    return files;
  }

  /** Returns a file's text; a file that is missing fails the test, with its name. */
  static String read(String path) {
    try {
      return Files.readString(root().resolve(path));
    } catch (IOException e) {
      throw new AssertionError("the repository must have a readable file " + path, e);
    }
  }

  private static List<String> git(String... arguments) {
    var command = new ArrayList<>(List.of("git", "-C", root().toString()));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command)
          .redirectError(ProcessBuilder.Redirect.INHERIT)
          .start();
      byte[] output = process.getInputStream().readAllBytes();
      if (process.waitFor() != 0) {
        throw new IllegalStateException("needs git, and a clone: " + command);
      }
      return new String(output, StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("needs git, and a clone: " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
