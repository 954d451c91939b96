using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Tests.Host;

/// <summary>Files sent to the upload page go from the connection into their sealed place, and only with the page's token.</summary>
public partial class UploadPageTests
{
    [Fact]
    public async Task A_file_is_on_no_disk_in_the_open_while_it_arrives()
    {
        await using var dashboard = await RunningDashboard.StartAsync(MakeDirectorAsync);
        using var client = await SignInAsync(dashboard);
        string canary = $"KANARIE-{Guid.NewGuid():N}";
        string rows = Samples.SessionHeader + string.Concat(Enumerable.Range(0, 20_000).Select(i => Samples.Session($"S{i}").Replace(",T1,", $",{canary},")));
        using var held = new HeldContent(Encoding.UTF8.GetBytes(rows));
        var answer = client.PostAsync("/uploads", Form(await TokenAsync(client), held));
        await held.HalfSent;

        string uploads = Path.Combine(dashboard.App.Services.GetRequiredService<DatabaseSettings>().Directory, "uploads");
        bool HasBegun() => Directory.Exists(uploads) && Directory.GetFiles(uploads).Any(path => new FileInfo(path).Length > 500_000);
        for (int i = 0; i < 500 && !HasBegun(); i++) await Task.Delay(20);
        string[] open = [.. Directory.GetFiles(uploads), .. Directory.GetFiles(Path.GetTempPath(), "ASPNETCORE_*")];
        Assert.Contains(open, path => path.EndsWith(".arriving", StringComparison.Ordinal) && new FileInfo(path).Length > 500_000);
        Assert.All(open, path => Assert.Equal(-1, Bytes(path).AsSpan().IndexOf(Encoding.ASCII.GetBytes(canary))));

        held.SendTheRest();
        Assert.Matches("^/uploads/[0-9]+$", (await answer).Headers.Location!.ToString());
        await using var db = dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        Assert.Equal(Encoding.UTF8.GetByteCount(rows), (await db.Uploads.SingleAsync()).Bytes);

        // Another test's file may be gone by now.
        static byte[] Bytes(string path)
        {
            if (!File.Exists(path)) return [];
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            file.CopyTo(bytes);
            return bytes.ToArray();
        }
    }

    [Theory]
    [InlineData("none")]
    [InlineData("forged")]
    [InlineData("after the file")]
    public async Task A_file_without_the_page_s_token_before_it_is_refused_and_not_kept(string token)
    {
        await using var dashboard = await RunningDashboard.StartAsync(MakeDirectorAsync);
        using var client = await SignInAsync(dashboard);
        string good = await TokenAsync(client);
        using var file = new ByteArrayContent(Encoding.UTF8.GetBytes(Samples.Practitioners));
        using var form = Form(token switch { "forged" => good[..^4] + "AAAA", _ => null }, file);
        if (token == "after the file") form.Add(new StringContent(good), "__RequestVerificationToken");
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/uploads", form)).StatusCode);
        await using var db = dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        Assert.Equal(0, await db.Uploads.CountAsync());
        Assert.False(Directory.Exists(Path.Combine(dashboard.App.Services.GetRequiredService<DatabaseSettings>().Directory, "uploads")));
    }

    [Fact]
    public async Task What_is_no_form_with_a_file_is_answered_calmly()
    {
        await using var dashboard = await RunningDashboard.StartAsync(MakeDirectorAsync);
        using var client = await SignInAsync(dashboard);
        string token = await TokenAsync(client);
        using var plain = new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = token });
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/uploads", plain)).StatusCode);
        using var broken = new StringContent("no parts");
        broken.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/uploads", broken)).StatusCode);
        using var tooLong = Form(token, new ByteArrayContent(Encoding.UTF8.GetBytes(Samples.Practitioners)), kind: new string('x', 10_000));
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/uploads", tooLong)).StatusCode);
        using var empty = Form(token, new ByteArrayContent([]), fileName: null);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PostAsync("/uploads", empty)).StatusCode);
        using var other = Form(token, new ByteArrayContent("a,b\n1,2\n"u8.ToArray()));
        // A table of another shape is kept, and the page asks which column is which.
        Assert.EndsWith("/columns", (await client.PostAsync("/uploads", other)).Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    static MultipartFormDataContent Form(string? token, HttpContent file, string kind = "", string? fileName = "sessions.csv")
    {
        var form = new MultipartFormDataContent();
        if (token is not null) form.Add(new StringContent(token), "__RequestVerificationToken");
        form.Add(new StringContent(kind), "kind");
        form.Add(new StringContent(""), "clinic");
        file.Headers.ContentDisposition = new("form-data") { Name = "\"file\"", FileName = $"\"{fileName}\"" };
        form.Add(file);
        return form;
    }

    static Task MakeDirectorAsync(IServiceProvider services) => RunningDashboard.AddUserAsync(services, "director", "correct horse battery");

    static async Task<HttpClient> SignInAsync(RunningDashboard dashboard)
    {
        using var visitor = new Visitor(dashboard.Address);
        Assert.Equal(HttpStatusCode.Redirect, await visitor.SignInAsync("director", "correct horse battery"));
        await visitor.GetAsync("/uploads");
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new(dashboard.Address) };
        client.DefaultRequestHeaders.Add("Cookie", string.Join("; ", visitor.Cookies.Select(c => $"{c.Key}={c.Value}")));
        return client;
    }

    static async Task<string> TokenAsync(HttpClient client) => Token().Matches(await client.GetStringAsync("/uploads"))[0].Groups[1].Value;

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    /// <summary>A file whose second half waits until it is asked for.</summary>
    sealed class HeldContent(byte[] content) : HttpContent
    {
        readonly TaskCompletionSource half = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly TaskCompletionSource rest = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HalfSent => half.Task;

        public void SendTheRest() => rest.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(content.AsMemory(0, content.Length / 2));
            await stream.FlushAsync();
            half.SetResult();
            await rest.Task;
            await stream.WriteAsync(content.AsMemory(content.Length / 2));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = content.Length;
            return true;
        }
    }
}
