"""``python -m mmasgan.apis.comparison {train,test} FOLDER``: do one job."""

from .job import main

if __name__ == '__main__':
    main()
