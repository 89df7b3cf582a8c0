import Testing

@testable import Store

@Suite struct FileSystemTests {
    private let mounts = """
        22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw
        30 22 0:26 / /home rw,nosuid shared:5 - nfs4 server:/export/home rw
        31 30 254:2 / /home/local rw - xfs /dev/vdb rw
        32 22 0:30 / /mnt/my\\040share rw - cifs //nas/share rw
        33 22 0:31 / /data rw - ext4 /dev/vdc rw
        34 22 0:32 / /data rw shared:9 master:1 - fuse.sshfs host: rw
        """

    @Test(arguments: [
        ("/", false), ("/var/results", false), ("/home", true), ("/home/me/results", true), ("/homeless", false),
        ("/home/local", false), ("/home/local/r", false), ("/mnt/my share/r", true), ("/data/r", true),
    ])
    func `the file system of a folder is that of the last mount above it`(folder: String, remote: Bool) {
        #expect(FileSystem.isRemote(folder: folder, mounts: mounts) == remote)
    }

    @Test func `mounts that cannot be read count as local`() {
        #expect(!FileSystem.isRemote(folder: "/home", mounts: ""))
        #expect(!FileSystem.isRemote(folder: "/home", mounts: "nonsense\n1 2 3"))
    }

    @Test(arguments: [("run.sqlite", "."), ("/run.sqlite", "/"), ("a/b/run.sqlite", "a/b")])
    func `a path's folder is what stands before the last slash`(path: String, folder: String) {
        #expect(FileSystem.folder(of: path) == folder)
    }
}
