using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace SafetyAudit.Tests;

/// <summary>Reads the source text and keeps the arrows between rooms: forward only, and a floor that knows no room.</summary>
public partial class ArchitectureTests
{
    // What each room may use. Data lists the entity types of all rooms; the others of the floor know none.
    static readonly Dictionary<string, string[]> May = new()
    {
        ["Sessions"] = [],
        ["Measures"] = ["Sessions", "Data"],
        ["Protocol"] = ["Sessions", "Uploads", "Measures", "Languages", "Data"],
        ["Fhir"] = ["Measures"],
        ["Uploads"] = ["Sessions", "Fhir", "Measures", "Languages", "Data", "Access", "AuditTrail"],
        ["Summaries"] = ["Sessions", "Uploads", "Measures", "Protocol", "Data", "Access", "AuditTrail"],
        ["Analysis"] = ["Sessions", "Measures", "Protocol", "Summaries", "Data"],
        ["Alerts"] = ["Sessions", "Measures", "Protocol", "Analysis", "Languages", "Data", "Access", "AuditTrail"],
        ["Charts"] = ["Protocol", "Analysis", "Languages"],
        ["Cases"] = ["Sessions", "Measures", "Protocol", "Analysis", "Summaries", "Alerts", "Languages", "Data", "Access", "AuditTrail"],
        ["Notices"] = ["Analysis", "Alerts", "Cases", "Reports", "Data", "Access", "AuditTrail"],
        ["Reports"] = ["Sessions", "Fhir", "Measures", "Protocol", "Summaries", "Analysis", "Alerts", "Charts", "Cases", "Uploads", "Languages", "Data", "Access", "AuditTrail"],
        ["Data"] = ["Sessions", "Uploads", "Measures", "Protocol", "Summaries", "Alerts", "Cases", "Notices", "Reports", "Access", "AuditTrail"],
        ["Jobs"] = ["Data"],
        ["Languages"] = [],
        ["Access"] = ["Data", "AuditTrail"],
        ["AuditTrail"] = ["Access", "Data"],
    };

    public static string Root { get; } = FindRoot();

    [Fact]
    public void Rooms_use_each_other_forward_only()
    {
        var wrong = new List<string>();
        string product = Path.Combine(Root, "src", "SafetyAudit");
        foreach (string room in Directory.GetDirectories(product).Select(Path.GetFileName).OfType<string>().Where(d => d is not ("bin" or "obj")))
        {
            Assert.True(May.ContainsKey(room), $"The room {room} has no place in the house yet: say here what it may use.");
            foreach (string file in Directory.GetFiles(Path.Combine(product, room), "*.cs", SearchOption.AllDirectories))
                foreach (Match use in Using().Matches(File.ReadAllText(file)))
                    if (use.Groups[1].Value is var other && other != "Statistics" && other != room && !May[room].Contains(other)) wrong.Add($"{room}/{Path.GetFileName(file)} uses {other}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Statistics_are_pure()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Root, "src", "SafetyAudit.Statistics"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/")))
        {
            string text = File.ReadAllText(file);
            foreach (string impure in new[] { "System.IO", "DateTime.", "TimeProvider", "Environment.", "Console.", "File." })
                Assert.False(text.Contains(impure, StringComparison.Ordinal), $"{Path.GetFileName(file)} uses {impure}");
        }
    }

    // What the program reaches out with. Notices alone: mail to the server that is set, and webhooks, past OutboundRequests, to what is not internal.
    static readonly string[] ReachingOut = ["Dns", "HttpClient", "HttpMessageInvoker", "SmtpClient", "Socket", "SocketsHttpHandler"];

    [Fact]
    public void Nothing_reaches_out_starts_programs_or_unpacks()
    {
        var used = Used();
        string[] ways =
        [
            "HttpClient", "IHttpClientFactory", "SocketsHttpHandler", "HttpMessageInvoker", "WebRequest",
            "HttpWebRequest", "WebClient", "Socket", "TcpClient", "UdpClient", "SmtpClient", "ClientWebSocket", "Ping", "Dns",
        ];
        var reaching = used.Where(t => t.Namespace.StartsWith("System.Net", StringComparison.Ordinal) && ways.Contains(t.Name)).Select(t => t.Name);
        Assert.Equal(ReachingOut, reaching.Order());
        Assert.DoesNotContain(used, t => t.Name is "Process" or "ProcessStartInfo" or "ZipFile");
        // Workbooks that come in are unpacked in memory, after the sizes of their parts were looked at; reports are packed by the program itself.
        Assert.Equal(["XlsxReport.cs", "XlsxRows.cs"], SourcesWith("ZipArchive").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_text_from_outside_is_read_as_XML_or_chooses_a_type()
    {
        var used = Used();
        // The keys of cookies are sealed XML of the framework's own. The cells of workbooks are read without definitions of types and without a way outside.
        string[] known = ["XElement", "XName", "SaveOptions", "XmlReader", "XmlReaderSettings", "XmlNodeType", "XmlException", "DtdProcessing", "XmlResolver"];
        Assert.All(used.Where(t => t.Namespace.StartsWith("System.Xml", StringComparison.Ordinal)), t => Assert.Contains(t.Name, known));
        Assert.Equal(["XlsxCells.cs"], SourcesWith("XmlReader.Create"));
        string cells = File.ReadAllText(Directory.EnumerateFiles(Path.Combine(Root, "src"), "XlsxCells.cs", SearchOption.AllDirectories).Single());
        Assert.Contains("DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null", cells, StringComparison.Ordinal);
        Assert.All(System.Text.RegularExpressions.Regex.Matches(cells, @"XmlReader\.Create\(.*"), m => Assert.EndsWith(", Plain);", m.Value.TrimEnd(), StringComparison.Ordinal));
        Assert.DoesNotContain(used, t => t.Name is "BinaryFormatter" or "NetDataContractSerializer" or "LosFormatter" or "SoapFormatter" or "TypeNameHandling"
            || t.Namespace.StartsWith("Newtonsoft", StringComparison.Ordinal));
    }

    static IEnumerable<string> SourcesWith(string word) =>
        Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && File.ReadAllText(f).Contains(word, StringComparison.Ordinal)).Select(f => Path.GetFileName(f));

    /// <summary>Every type of another assembly that the product's assemblies name, from their metadata.</summary>
    static HashSet<(string Namespace, string Name)> Used()
    {
        var used = new HashSet<(string, string)>();
        foreach (string assembly in new[] { "safetyaudit", "SafetyAudit.Core", "SafetyAudit.Statistics" })
        {
            using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")));
            var metadata = file.GetMetadataReader();
            foreach (var type in metadata.TypeReferences.Select(metadata.GetTypeReference))
                used.Add((metadata.GetString(type.Namespace), metadata.GetString(type.Name)));
        }
        Assert.Contains(("Microsoft.EntityFrameworkCore", "DbContext"), used);
        return used;
    }

    static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "SafetyAudit.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests run from inside the repository.");
    }

    [GeneratedRegex(@"using (?:static )?SafetyAudit\.(\w+)")]
    private static partial Regex Using();
}
