using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace SafetyAudit.Tests.Notices;

/// <summary>A mail server on loopback that takes every mail and keeps it, or refuses those for some.</summary>
sealed class MailServer : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource end = new();
    readonly Task serving;

    public MailServer()
    {
        listener.Start();
        serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Receivers that are refused.</summary>
    public HashSet<string> Refused { get; } = [];

    /// <summary>With what they are refused.</summary>
    public string Refusal { get; set; } = "550 no such person";

    /// <summary>Receiver and whole text, in the order of their arrival.</summary>
    public List<(string To, string Text)> Mails { get; } = [];

    async Task ServeAsync()
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(end.Token);
                using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
                await using var writer = new StreamWriter(client.GetStream(), Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
                await writer.WriteLineAsync("220 ready");
                string to = "";
                while (await reader.ReadLineAsync(end.Token) is { } line)
                {
                    if (line.StartsWith("RCPT", StringComparison.OrdinalIgnoreCase)) to = line[(line.IndexOf('<') + 1)..line.IndexOf('>')];
                    if (line.StartsWith("RCPT", StringComparison.OrdinalIgnoreCase) && Refused.Contains(to)) await writer.WriteLineAsync(Refusal);
                    else if (line.StartsWith("DATA", StringComparison.OrdinalIgnoreCase))
                    {
                        await writer.WriteLineAsync("354 go on");
                        var text = new StringBuilder();
                        while (await reader.ReadLineAsync(end.Token) is { } part && part != ".") text.AppendLine(part);
                        // Quoted-printable: a line that goes on ends with =.
                        Mails.Add((to, Regex.Replace(text.ToString().ReplaceLineEndings("\n").Replace("=\n", ""), "=([0-9A-F]{2})", m => ((char)Convert.ToInt32(m.Groups[1].Value, 16)).ToString())));
                        await writer.WriteLineAsync("250 taken");
                    }
                    else if (line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase)) break;
                    else await writer.WriteLineAsync("250 fine");
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException) { }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Stop();
        await serving;
        end.Dispose();
    }
}
