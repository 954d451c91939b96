using System.Diagnostics;

namespace SafetyAudit.Tests.Host;

/// <summary>The real program in a process of its own.</summary>
sealed class ProgramRun : IDisposable
{
    readonly Process process;
    readonly Task<string> output, errors;

    readonly System.Text.StringBuilder soFar = new();

    ProgramRun(Process process) => (this.process, output, errors) = (process, ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));

    async Task<string> ReadAsync(StreamReader from)
    {
        var all = new System.Text.StringBuilder();
        char[] some = new char[4096];
        while (await from.ReadAsync(some) is > 0 and var read)
        {
            all.Append(some, 0, read);
            lock (soFar) soFar.Append(some, 0, read);
        }
        return all.ToString();
    }

    /// <summary>Waits until it has printed some words, or has ended.</summary>
    public async Task UntilPrintedAsync(string words)
    {
        for (int i = 0; i < 1200 && !HasExited; i++, await Task.Delay(100))
            lock (soFar)
                if (soFar.ToString().Contains(words, StringComparison.Ordinal)) return;
    }

    public static ProgramRun Start(params string[] args) => StartOf("safetyaudit.dll", args);

    static ProgramRun StartOf(string program, string[] args) => StartUnder("dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. args]);

    /// <summary>The program as a command line starts it, for commands that start it in surroundings of their own.</summary>
    public static string[] CommandLine => ["dotnet", Path.Combine(AppContext.BaseDirectory, "safetyaudit.dll")];

    /// <summary>Starts a command that starts the program.</summary>
    public static ProgramRun StartUnder(string command, params string[] args)
    {
        var start = new ProcessStartInfo(command) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string arg in args) start.ArgumentList.Add(arg);
        return new(Process.Start(start)!);
    }

    /// <summary>The same to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> UnderAsync(string command, params string[] args)
    {
        using var run = StartUnder(command, args);
        await run.process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token);
        return (run.process.ExitCode, await run.output, await run.errors);
    }

    public int Id => process.Id;

    /// <summary>Runs to the end: exit code, standard output, standard error.</summary>
    public static Task<(int Code, string Output, string Errors)> ToEndAsync(params string[] args) => OfAsync("safetyaudit.dll", args);

    /// <summary>Runs another program of the solution to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> OfAsync(string program, params string[] args)
    {
        using var run = StartOf(program, args);
        await run.process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token);
        return (run.process.ExitCode, await run.output, await run.errors);
    }

    public bool HasExited => process.HasExited;

    /// <summary>All it printed, once it has ended.</summary>
    public async Task<string> PrintedAsync() => await output + await errors;

    /// <summary>kill -9: nothing of the program runs after this.</summary>
    public void KillHard()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Ctrl-C.</summary>
    public void Interrupt()
    {
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) KillHard();
        process.Dispose();
    }
}
