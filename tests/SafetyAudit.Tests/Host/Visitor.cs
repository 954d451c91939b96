using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace SafetyAudit.Tests.Host;

/// <summary>
/// Somebody with a browser but without a screen: keeps cookies as Chromium does, which sends Secure ones to this machine over http too (.NET's own
/// container does not), follows no redirect by itself, and fills forms in with their token.
/// </summary>
sealed class Visitor(string address) : IDisposable
{
    readonly HttpClient client = new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new(address) };

    public Dictionary<string, string> Cookies { get; } = [];

    /// <summary>Headers that go with every request, as a program sends its key.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>The text of the last answer.</summary>
    public string Text { get; private set; } = "";

    public HttpResponseMessage Answer { get; private set; } = new();

    /// <summary>The whole Set-Cookie lines that ever came.</summary>
    public List<string> SetCookies { get; } = [];

    /// <summary>Where the last answer leads, without the host.</summary>
    public string? Location => Answer.Headers.Location is { } to ? (to.IsAbsoluteUri ? to.PathAndQuery : to.OriginalString) : null;

    /// <summary>The same browser's cookies in other hands.</summary>
    public Visitor Thief()
    {
        var thief = new Visitor(address);
        foreach (var (name, value) in Cookies) thief.Cookies[name] = value;
        return thief;
    }

    public async Task<HttpStatusCode> GetAsync(string path) => await SendAsync(new(HttpMethod.Get, path));

    /// <summary>Opens the page, fills in the form and sends it to <paramref name="to"/>, or to the page itself.</summary>
    public async Task<HttpStatusCode> PostAsync(string page, Dictionary<string, string> fields, string? to = null)
    {
        await GetAsync(page);
        return await PostAgainAsync(fields, to ?? page);
    }

    /// <summary>Sends another form of the page that is open.</summary>
    public async Task<HttpStatusCode> PostAgainAsync(Dictionary<string, string> fields, string to)
    {
        string token = Regex.Match(Text, "name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"").Groups[1].Value;
        return await SendAsync(new(HttpMethod.Post, to) { Content = new FormUrlEncodedContent(fields.Append(new("__RequestVerificationToken", token))) });
    }

    /// <summary>Sends a body as programs do.</summary>
    public async Task<HttpStatusCode> PostBodyAsync(string path, string body, string mediaType) =>
        await SendAsync(new(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, mediaType) });

    /// <summary>Sends a file by the form of the uploads' page, under whatever name.</summary>
    public Task<HttpStatusCode> UploadAsync(string name, string content) => UploadAsync(name, Encoding.UTF8.GetBytes(content));

    /// <inheritdoc cref="UploadAsync(string, string)"/>
    public async Task<HttpStatusCode> UploadAsync(string name, byte[] content)
    {
        await GetAsync("/uploads");
        byte[] before = Encoding.UTF8.GetBytes("--b\r\nContent-Disposition: form-data; name=__RequestVerificationToken\r\n\r\n" + WebTests.Token(Text)
            + $"\r\n--b\r\nContent-Disposition: form-data; name=file; filename=\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).ReplaceLineEndings("")}\"\r\n\r\n");
        var form = new ByteArrayContent([.. before, .. content, .. "\r\n--b--\r\n"u8]);
        form.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
        return await SendAsync(new(HttpMethod.Post, "/uploads") { Content = form });
    }

    public Task<HttpStatusCode> SignInAsync(string name, string password, string page = "/sign-in") =>
        PostAsync(page, new() { ["UserName"] = name, ["Password"] = password });

    public async Task<bool> IsSignedInAsync() => await GetAsync("/account") == HttpStatusCode.OK;

    public async Task<HttpStatusCode> SendAsync(HttpRequestMessage request)
    {
        if (Cookies.Count > 0) request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(c => $"{c.Key}={c.Value}")));
        request.Headers.Add("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36");
        foreach (var (name, value) in Headers) request.Headers.TryAddWithoutValidation(name, value);
        Answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        // A stream of what changes has no end to wait for.
        if (Answer.Content.Headers.ContentType?.MediaType == "text/event-stream") Answer.Dispose();
        Text = Answer.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await Answer.Content.ReadAsStringAsync();
        if (Answer.Headers.TryGetValues("Set-Cookie", out var set))
            foreach (string cookie in set)
            {
                SetCookies.Add(cookie);
                string[] pair = cookie.Split(';')[0].Split('=', 2);
                if (pair[1].Length == 0 || cookie.Contains("expires=Thu, 01 Jan 1970", StringComparison.OrdinalIgnoreCase)) Cookies.Remove(pair[0]);
                else Cookies[pair[0]] = pair[1];
            }
        return Answer.StatusCode;
    }

    public void Dispose() => client.Dispose();
}
