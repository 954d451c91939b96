using System.Text;
using SafetyAudit.Fhir;

namespace SafetyAudit.Tests.Fhir;

public class FhirFileTests
{
    const string A = """{"resourceType":"Patient","id":"a"}""", B = """{"id":"b","resourceType":"Patient"}""";

    [Fact]
    public void Lines_are_resources_and_count_as_lines()
    {
        Assert.Equal([(1, A), (3, B)], Read($"{A}\r\n\n{B}"));
        Assert.Equal([(1, A), (2, "{broken"), (3, B)], Read($"{A}\n{{broken\n{B}\n"));
        Assert.Equal([(1, A)], Read("\uFEFF" + A));
    }

    [Fact]
    public void A_resource_alone_may_stand_on_many_lines() => Assert.Equal([(1, "{\n \"resourceType\": \"Patient\"\n}\n")], Read("{\n \"resourceType\": \"Patient\"\n}\n"));

    [Fact]
    public void Entries_of_a_bundle_are_found_wherever_they_stand()
    {
        string entry = $$"""{ "resource" : {{A}} }""";
        Assert.Equal([(1, entry), (2, "{}"), (3, "null")], Read($$"""{"link":[{"entry":[{}]}],"resourceType":"Bundle","entry":[{{entry}},{}, null],"link2":[[{"x":1}]]}"""));
        Assert.Empty(Read("""{"resourceType":"Bundle"}"""));
        Assert.Empty(Read("""{"resourceType":"Bundle","entry":[],"signature":[[{}]]}"""));
    }

    [Theory]
    [InlineData("""{"resourceType":"Bundle","entry":[{"resource":{}}""")]
    [InlineData("""{"resourceType":"Bundle","entry":[{"resource":{}},,{}]}""")]
    [InlineData("""{"resourceType":"Bundle","entry":[]}{"resourceType":"Bundle"}""")]
    [InlineData("""{"resourceType":"Bundle","entry":[],"entry":[]}""")]
    public void A_bundle_broken_anywhere_is_refused_as_a_whole(string file) => Assert.Throws<FhirRefusedException>(() => Read(file));

    [Fact]
    public void A_bundle_nested_too_deep_is_refused() =>
        Assert.Throws<FhirRefusedException>(() => Read($$"""{"resourceType":"Bundle","entry":[{"resource":{{new string('[', 5000)}}{{new string(']', 5000)}}}]}"""));

    // Every size of resource, so that each falls across the border of what is read at once.
    [Fact]
    public void Nothing_depends_on_how_the_file_falls_into_blocks()
    {
        string[] resources = [.. Enumerable.Range(0, 400).Select(i => $$"""{"resourceType":"Patient","id":"{{i}}","text":"{{new string('x', i * 37 % 4000)}}\"}{"}""")];
        Assert.Equal(resources, Read(FhirSamples.Lines(resources)).Select(r => r.Text));
        Assert.Equal(resources.Select(r => $$"""{"resource":{{r}}}"""), Read(FhirSamples.Bundle(resources)).Select(r => r.Text));
    }

    [Fact]
    public void A_resource_that_is_too_long_spoils_no_other()
    {
        string big = $$"""{"resourceType":"Patient","photo":[{{string.Join(",", Enumerable.Repeat("\"" + new string('y', 1000) + "\"", 3000))}}]}""";
        foreach (string file in new[] { FhirSamples.Lines(A, big, B), FhirSamples.Bundle(A, big, B) })
        {
            using var read = FhirFile.Open(() => new MemoryStream(Encoding.UTF8.GetBytes(file)));
            var seen = new List<bool>();
            while (read.Read()) seen.Add(read.TooLong);
            Assert.Equal([false, true, false], seen);
        }
    }

    [Theory]
    [InlineData("{\"resourceType\":\"Patient\",\"a\":\"\\ud800\"}", FaultKind.NotJson)]
    [InlineData("{\"resourceType\":\"Patient\",\"a\":1,\"a\":2}", FaultKind.NotJson)]
    [InlineData("{\"resourceType\":\"Patient\",\"a\":01}", FaultKind.NotJson)]
    [InlineData("{\"a\":1}", FaultKind.NotJson)]
    [InlineData("[]", FaultKind.NotJson)]
    [InlineData("{\"resourceType\":\"Patient\"", FaultKind.NotJson)]
    internal void What_is_no_resource_says_so(string line, FaultKind kind)
    {
        Assert.Null(Entry.Parse(Encoding.UTF8.GetBytes(line), isBundle: false, out var fault));
        Assert.Equal(kind, fault!.Kind);
    }

    [Fact]
    public void Deep_nesting_and_bytes_that_are_no_text_are_refused()
    {
        Assert.Null(Entry.Parse(Encoding.UTF8.GetBytes("{\"resourceType\":\"P\",\"a\":" + new string('[', 100) + new string(']', 100) + "}"), false, out var deep));
        Assert.Null(Entry.Parse((byte[])[.. "{\"resourceType\":\"P\",\"a\":\""u8, 0xFF, .. "\"}"u8], false, out var bytes));
        Assert.Equal((FaultKind.NotJson, FaultKind.NotUtf8), (deep!.Kind, bytes!.Kind));
    }

    static List<(long Number, string Text)> Read(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        using var file = FhirFile.Open(() => new MemoryStream(bytes));
        var found = new List<(long, string)>();
        while (file.Read())
        {
            found.Add((file.Number, Encoding.UTF8.GetString(file.Bytes.Span).TrimEnd('\r')));
            if (FhirFile.ResourceAt(new MemoryStream(bytes), file.Offset) is { } again) Assert.Equal(Encoding.UTF8.GetString(file.Bytes.Span).Trim(), Encoding.UTF8.GetString(again).Trim());
        }
        return found;
    }
}
